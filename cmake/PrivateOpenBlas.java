import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a library of Linux (ELF, 64 bit, little-endian) private to whoever opens it by its path:
 *
 * <pre>java PrivateOpenBlas.java LIBRARY NAME OUTPUT</pre>
 *
 * <p>Its SONAME becomes NAME, which must not be longer than the present one: the system's loader gives an open library to everyone
 * who needs one of that SONAME, of whatever version. It is marked as symbolic: its own symbols bind to itself, not to those of
 * another copy that somebody has opened for the whole process. And it no longer needs the Fortran runtime, whose few functions
 * only parts of LAPACK call that we do not: these symbols are weak then, and null. The file keeps its size and layout.
 */
final class PrivateOpenBlas {

    private static final String FORTRAN = "libgfortran.so";

    private static final int DT_NULL = 0;
    private static final int DT_NEEDED = 1;
    private static final int DT_STRTAB = 5;
    private static final int DT_SYMTAB = 6;
    private static final int DT_SONAME = 14;
    private static final int DT_SYMBOLIC = 16;
    private static final int DT_VERSYM = 0x6ffffff0;
    private static final int DT_VERNEED = 0x6ffffffe;
    private static final int DT_VERNEEDNUM = 0x6fffffff;
    private static final int SHT_VERNEED = 0x6ffffffe;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int SYMBOL = 24;
    private static final int STB_WEAK = 2;
    private static final short VER_NDX_GLOBAL = 1;

    private final ByteBuffer file;

    private PrivateOpenBlas(byte[] bytes) {
        file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public static void main(String[] args) throws IOException {
        byte[] bytes = Files.readAllBytes(Path.of(args[0]));
        new PrivateOpenBlas(bytes).edit(args[1]);
        Files.write(Path.of(args[2]), bytes);
    }

    private void edit(String name) {
        if (file.getInt(0) != 0x464c457f || file.get(4) != 2 || file.get(5) != 1) {
            throw new IllegalArgumentException("not a 64-bit little-endian ELF file");
        }
        rename(name);
        int fortran = removeNeeded();
        if (fortran >= 0) {
            forgetVersions(fortran);
        }
    }

    private void rename(String name) {
        int at = strings() + Math.toIntExact(file.getLong(dynamic(DT_SONAME) + 8));
        if (name.length() > text(at).length()) {
            throw new IllegalArgumentException(name + " is longer than " + text(at));
        }
        byte[] padded = new byte[text(at).length()];
        System.arraycopy(name.getBytes(StandardCharsets.US_ASCII), 0, padded, 0, name.length());
        file.put(at, padded);
    }

    /** Turns the entry that needs the Fortran runtime into one that says symbolic; returns its name's offset, or -1 where no entry needs it. */
    private int removeNeeded() {
        for (int entry : dynamics()) {
            if (file.getLong(entry) == DT_NEEDED && isFortran(file.getLong(entry + 8))) {
                int name = Math.toIntExact(file.getLong(entry + 8));
                file.putLong(entry, DT_SYMBOLIC).putLong(entry + 8, 0);
                return name;
            }
        }
        // Without an entry to spare; the table ends with several empty ones, of which the last must stay.
        int end = dynamic(DT_NULL);
        if (file.getLong(end + 16) != DT_NULL) {
            throw new IllegalArgumentException("no room for DT_SYMBOLIC");
        }
        file.putLong(end, DT_SYMBOLIC).putLong(end + 8, 0);
        return -1;
    }

    private boolean isFortran(long name) {
        return text(strings() + Math.toIntExact(name)).startsWith(FORTRAN);
    }

    /** Takes the versions of the Fortran runtime's symbols out of the list of those needed, and makes the symbols weak. */
    private void forgetVersions(int name) {
        List<Short> versions = new ArrayList<>();
        int count = dynamic(DT_VERNEEDNUM) + 8;
        int previous = -1;
        int need = at(dynamic(DT_VERNEED));
        for (long i = file.getLong(count); i > 0; i--) {
            int next = file.getInt(need + 12);
            if (file.getInt(need + 4) == name) {
                int version = need + file.getInt(need + 8);
                for (int k = file.getShort(need + 2); k > 0; k--) {
                    versions.add(file.getShort(version + 6));
                    version += file.getInt(version + 12);
                }
                if (previous < 0) {
                    file.putLong(dynamic(DT_VERNEED) + 8, file.getLong(dynamic(DT_VERNEED) + 8) + next);
                } else {
                    file.putInt(previous + 12, next == 0 ? 0 : file.getInt(previous + 12) + next);
                }
                file.putLong(count, file.getLong(count) - 1);
                break;
            }
            previous = need;
            need += next;
        }
        section(count);
        int versionOf = at(dynamic(DT_VERSYM));
        int symbols = at(dynamic(DT_SYMTAB));
        // The symbols that are needed come first, before those that are defined.
        for (int i = 0; i < (versionOf - symbols) / SYMBOL && symbols + i * SYMBOL < strings(); i++) {
            if (versions.contains(file.getShort(versionOf + 2 * i))) {
                int info = symbols + i * SYMBOL + 4;
                file.put(info, (byte) (STB_WEAK << 4 | file.get(info) & 15));
                file.putShort(versionOf + 2 * i, VER_NDX_GLOBAL);
            }
        }
    }

    /** The table of sections, which tools read, has the count as well. */
    private void section(int count) {
        int table = Math.toIntExact(file.getLong(40));
        for (int i = 0; i < file.getShort(60); i++) {
            int header = table + i * file.getShort(58);
            if (file.getInt(header + 4) == SHT_VERNEED) {
                file.putInt(header + 44, (int) file.getLong(count));
                file.putLong(header + 16, file.getLong(dynamic(DT_VERNEED) + 8));
            }
        }
    }

    /** The offsets of the dynamic entries up to the first empty one. */
    private List<Integer> dynamics() {
        List<Integer> entries = new ArrayList<>();
        for (int segment : segments(PT_DYNAMIC)) {
            int entry = Math.toIntExact(file.getLong(segment + 8));
            while (file.getLong(entry) != DT_NULL) {
                entries.add(entry);
                entry += 16;
            }
            entries.add(entry);
        }
        return entries;
    }

    private int dynamic(int tag) {
        return dynamics().stream()
                .filter(entry -> file.getLong(entry) == tag)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no dynamic entry " + tag));
    }

    private int strings() {
        return at(dynamic(DT_STRTAB));
    }

    /** Where in the file the address lies that a dynamic entry holds. */
    private int at(int entry) {
        long address = file.getLong(entry + 8);
        for (int segment : segments(PT_LOAD)) {
            long offset = address - file.getLong(segment + 16);
            if (offset >= 0 && offset < file.getLong(segment + 32)) {
                return Math.toIntExact(file.getLong(segment + 8) + offset);
            }
        }
        throw new IllegalArgumentException("no segment holds address " + address);
    }

    private List<Integer> segments(int type) {
        List<Integer> segments = new ArrayList<>();
        int table = Math.toIntExact(file.getLong(32));
        for (int i = 0; i < file.getShort(56); i++) {
            int segment = table + i * file.getShort(54);
            if (file.getInt(segment) == type) {
                segments.add(segment);
            }
        }
        return segments;
    }

    private String text(int at) {
        StringBuilder text = new StringBuilder();
        for (int i = at; file.get(i) != 0; i++) {
            text.append((char) file.get(i));
        }
        return text.toString();
    }
}
