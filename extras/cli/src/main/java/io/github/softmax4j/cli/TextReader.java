package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Decodes text, and marks what the encoding does not allow: each such place becomes half of a surrogate pair, which no text has, so
 * that whoever takes the text apart can say where it was.
 */
final class TextReader extends Reader {

    /** The first of 256 that stand for a byte each. */
    private static final char MARK = '\uDC00';

    private static final char ORDER_MARK = '\uFEFF';
    /** What files begin with that say their encoding. */
    private static final Map<String, byte[]> ORDER_MARKS = new TreeMap<>(Map.of(
            "UTF-32LE", new byte[] {(byte) 0xFF, (byte) 0xFE, 0, 0},
            "UTF-32BE", new byte[] {0, 0, (byte) 0xFE, (byte) 0xFF},
            "UTF-8", new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF},
            "UTF-16LE", new byte[] {(byte) 0xFF, (byte) 0xFE},
            "UTF-16BE", new byte[] {(byte) 0xFE, (byte) 0xFF}));

    private final InputStream in;
    private final CharsetDecoder decoder;
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).flip();
    private boolean inputEnded;
    private boolean flushed;
    private boolean began;
    private boolean marked;

    /** Reads {@code in}, which must support marks, in an encoding; empty for that of its byte order mark, or UTF-8. */
    TextReader(BufferedInputStream in, Optional<Charset> encoding) throws IOException {
        this.in = in;
        this.decoder = (encoding.isPresent() ? encoding.get() : detected(in)).newDecoder();
    }

    private static Charset detected(InputStream in) throws IOException {
        in.mark(4);
        byte[] start = in.readNBytes(4);
        in.reset();
        Charset found = null;
        int longest = 0;
        for (Map.Entry<String, byte[]> mark : ORDER_MARKS.entrySet()) {
            byte[] begin = mark.getValue();
            if (begin.length > longest && startsWith(start, begin)) {
                found = Charset.forName(mark.getKey());
                longest = begin.length;
            }
        }
        return found == null ? UTF_8 : found;
    }

    private static boolean startsWith(byte[] bytes, byte[] begin) {
        return bytes.length >= begin.length && Arrays.equals(bytes, 0, begin.length, begin, 0, begin.length);
    }

    /** The encoding. */
    Charset charset() {
        return decoder.charset();
    }

    /** Whether a place that has been read, and perhaps not been handed out yet, is not of the encoding. */
    boolean isMarked() {
        return marked;
    }

    /** The first marked byte of a text; -1 where there is none. */
    static int markedByte(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean half = c >= MARK && c < MARK + 256 && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
            if (half) {
                return c - MARK;
            }
        }
        return -1;
    }

    @Override
    public int read(char[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        CharBuffer chars = CharBuffer.wrap(target, offset, length).slice();
        while (chars.position() == 0 && !flushed) {
            decode(chars);
            if (!began && chars.position() > 0) {
                began = true;
                if (target[offset] == ORDER_MARK) {
                    System.arraycopy(target, offset + 1, target, offset, chars.position() - 1);
                    chars.position(chars.position() - 1);
                }
            }
        }
        return chars.position() == 0 ? -1 : chars.position();
    }

    private void decode(CharBuffer chars) throws IOException {
        CoderResult result = decoder.decode(bytes, chars, inputEnded);
        if (result.isError() && chars.hasRemaining()) {
            chars.put((char) (MARK + (bytes.get(bytes.position()) & 0xff)));
            bytes.position(bytes.position() + result.length());
            marked = true;
        } else if (result.isUnderflow() && !inputEnded) {
            bytes.compact();
            int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
            inputEnded = count < 0;
            bytes.position(bytes.position() + Math.max(0, count)).flip();
        } else if (result.isUnderflow()) {
            flushed = decoder.flush(chars).isUnderflow();
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
