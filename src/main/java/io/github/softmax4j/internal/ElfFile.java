package io.github.softmax4j.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** What must hold of a shared library of Linux before it is mapped: the system's loader does not look, and the process would end. */
final class ElfFile {

    private static final int MAGIC = 0x464c457f;
    private static final int HEADER = 64;
    // Offsets in the header and in an entry of its table of segments, of 64-bit files.
    private static final int TABLE = 32;
    private static final int ENTRY_SIZE = 54;
    private static final int ENTRIES = 56;
    private static final int SEGMENT_OFFSET = 8;
    private static final int SEGMENT_SIZE = 32;
    private static final int SEGMENT = 56;

    private ElfFile() {}

    /** Whether a file is a 64-bit ELF file that ends before a segment of it does. */
    static boolean isCut(Path path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            ByteBuffer header = read(file, 0, HEADER);
            if (header.getInt(0) != MAGIC || header.get(4) != 2) {
                return false;
            }
            for (int i = 0; i < header.getShort(ENTRIES); i++) {
                ByteBuffer segment =
                        read(file, header.getLong(TABLE) + (long) i * header.getShort(ENTRY_SIZE), SEGMENT);
                if (segment.getLong(SEGMENT_OFFSET) + segment.getLong(SEGMENT_SIZE) > file.length()) {
                    return true;
                }
            }
            return false;
        } catch (EOFException e) {
            return true;
        }
    }

    private static ByteBuffer read(RandomAccessFile file, long position, int count) throws IOException {
        byte[] bytes = new byte[count];
        file.seek(position);
        file.readFully(bytes);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
