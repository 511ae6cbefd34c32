import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Makes a library of Linux (ELF, 64 bit, little-endian) or macOS (Mach-O, 64 bit) private to whoever opens it by its path:
 *
 * <pre>java PrivateOpenBlas.java LIBRARY NAME OUTPUT</pre>
 *
 * <p>On Linux, its SONAME becomes NAME, which must not be longer than the present one: the system's loader gives an open library to everyone
 * who needs one of that SONAME, of whatever version. It is marked as symbolic: its own symbols bind to itself, not to those of
 * another copy that somebody has opened for the whole process. Its functions are hidden, and those that we call have other names:
 * JavaCPP looks for {@code openblas_set_num_threads} in all that is open, and would set the threads of the first OpenBLAS that it
 * meets. And it no longer needs the Fortran runtime, whose few functions only parts of LAPACK call that we do not: these symbols are
 * weak then, and null. On macOS, where libraries bind to each other by name, its install name becomes NAME, and the Fortran runtime is
 * one that may be missing, and is. The file keeps its size and layout; a signature has to be renewed.
 */
final class PrivateOpenBlas {

    private static final String FORTRAN = "libgfortran.so";

    /** What native/src/openblas.cpp looks up. */
    private static final Set<String> CALLED = Set.of(
            "cblas_sgemm", "cblas_dgemm", "openblas_get_corename", "openblas_get_config", "openblas_set_num_threads");

    private static final int DT_NULL = 0;
    private static final int DT_NEEDED = 1;
    private static final int DT_STRTAB = 5;
    private static final int DT_SYMTAB = 6;
    private static final int DT_SONAME = 14;
    private static final int DT_SYMBOLIC = 16;
    private static final int DT_VERSYM = 0x6ffffff0;
    private static final int DT_VERNEED = 0x6ffffffe;
    private static final int DT_VERNEEDNUM = 0x6fffffff;
    private static final int SHT_DYNSYM = 11;
    private static final int SHT_VERNEED = 0x6ffffffe;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int SYMBOL = 24;
    private static final int STB_WEAK = 2;
    private static final byte STV_HIDDEN = 2;
    private static final short SHN_UNDEF = 0;
    private static final short VER_NDX_GLOBAL = 1;

    private final ByteBuffer file;

    private PrivateOpenBlas(ByteBuffer file) {
        this.file = file;
    }

    public static void main(String[] args) throws IOException {
        byte[] bytes = Files.readAllBytes(Path.of(args[0]));
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (file.getInt(0) == MachO.MAGIC) {
            new MachO(file).edit("@rpath/" + args[1]);
        } else {
            new PrivateOpenBlas(file).edit(args[1]);
        }
        Files.write(Path.of(args[2]), bytes);
    }

    private void edit(String name) {
        if (file.getInt(0) != 0x464c457f || file.get(4) != 2 || file.get(5) != 1) {
            throw new IllegalArgumentException("not a 64-bit little-endian ELF file");
        }
        rename(name);
        hide();
        int fortran = removeNeeded();
        if (fortran >= 0) {
            forgetVersions(fortran);
        }
    }

    private void rename(String name) {
        put(file, strings() + Math.toIntExact(file.getLong(dynamic(DT_SONAME) + 8)), name);
    }

    private void hide() {
        int symbols = at(dynamic(DT_SYMTAB));
        int renamed = 0;
        for (int symbol = symbols; symbol < symbols + Math.toIntExact(file.getLong(section(SHT_DYNSYM) + 32)); symbol += SYMBOL) {
            int name = strings() + file.getInt(symbol);
            if (file.getShort(symbol + 6) == SHN_UNDEF) {
                continue;
            }
            if (CALLED.contains(text(name))) {
                disguise(name);
                renamed++;
            } else {
                file.put(symbol + 5, STV_HIDDEN);
            }
        }
        if (renamed != CALLED.size()) {
            throw new IllegalArgumentException("it has " + renamed + " of the functions " + CALLED);
        }
    }

    /** Another name with the same hash, 33 h + c for each character c, so that the table of hashes stays right. */
    private void disguise(int name) {
        file.put(name, (byte) (file.get(name) + 1));
        file.put(name + 1, (byte) (file.get(name + 1) - 33));
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
        // The table of sections, which tools read, has both as well.
        file.putInt(section(SHT_VERNEED) + 44, (int) file.getLong(count));
        file.putLong(section(SHT_VERNEED) + 16, file.getLong(dynamic(DT_VERNEED) + 8));
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

    /** The header of the section of a type. */
    private int section(int type) {
        int table = Math.toIntExact(file.getLong(40));
        for (int i = 0; i < file.getShort(60); i++) {
            int header = table + i * file.getShort(58);
            if (file.getInt(header + 4) == type) {
                return header;
            }
        }
        throw new IllegalArgumentException("there is no section of type " + type);
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
        return text(file, at);
    }

    private static String text(ByteBuffer file, int at) {
        StringBuilder text = new StringBuilder();
        for (int i = at; file.get(i) != 0; i++) {
            text.append((char) file.get(i));
        }
        return text.toString();
    }

    /** Replaces a name by one that is not longer. */
    private static void put(ByteBuffer file, int at, String name) {
        int length = text(file, at).length();
        if (name.length() > length) {
            throw new IllegalArgumentException(name + " is longer than " + text(file, at));
        }
        byte[] padded = new byte[length];
        System.arraycopy(name.getBytes(StandardCharsets.US_ASCII), 0, padded, 0, name.length());
        file.put(at, padded);
    }

    private static final class MachO {

        static final int MAGIC = 0xfeedfacf;

        /** Nobody's. */
        private static final String MISSING = "@loader_path/libgfortran";

        private static final int HEADER = 32;
        private static final int LC_LOAD_DYLIB = 0xc;
        private static final int LC_ID_DYLIB = 0xd;
        private static final int LC_LOAD_WEAK_DYLIB = 0x80000018;
        private static final int LC_REEXPORT_DYLIB = 0x8000001f;
        private static final int LC_DYLD_INFO_ONLY = 0x80000022;

        private static final int SET_DYLIB_ORDINAL_IMM = 0x10;
        private static final int SET_DYLIB_ORDINAL_ULEB = 0x20;
        private static final int SET_SYMBOL_TRAILING_FLAGS_IMM = 0x40;
        private static final int SET_ADDEND_SLEB = 0x60;
        private static final int SET_SEGMENT_AND_OFFSET_ULEB = 0x70;
        private static final int ADD_ADDR_ULEB = 0x80;
        private static final int DO_BIND_ADD_ADDR_ULEB = 0xa0;
        private static final int DO_BIND_ULEB_TIMES_SKIPPING_ULEB = 0xc0;
        private static final int WEAK_IMPORT = 1;

        private final ByteBuffer file;

        MachO(ByteBuffer file) {
            this.file = file;
        }

        void edit(String name) {
            int ordinal = 0;
            int fortran = 0;
            int bindings = 0;
            int command = HEADER;
            for (int i = file.getInt(16); i > 0; i--) {
                int library = command + file.getInt(command + 8);
                switch (file.getInt(command)) {
                    case LC_ID_DYLIB -> put(file, library, name);
                    case LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB -> {
                        ordinal++;
                        if (text(file, library).contains("/libgfortran.")) {
                            fortran = ordinal;
                            file.putInt(command, LC_LOAD_WEAK_DYLIB);
                            put(file, library, MISSING);
                        }
                    }
                    case LC_DYLD_INFO_ONLY -> bindings = command;
                    default -> {}
                }
                command += file.getInt(command + 4);
            }
            if (fortran > 0) {
                if (bindings == 0) {
                    throw new IllegalArgumentException("its bindings are not in a table of opcodes");
                }
                weaken(fortran, file.getInt(bindings + 16), file.getInt(bindings + 20));
                weaken(fortran, file.getInt(bindings + 32), file.getInt(bindings + 36));
            }
        }

        /** Marks the symbols of a library as such that may be missing. */
        private void weaken(int library, int table, int size) {
            int ordinal = 0;
            int at = table;
            while (at < table + size) {
                int code = file.get(at) & 0xff;
                int immediate = code & 0xf;
                int start = at++;
                switch (code & 0xf0) {
                    case SET_DYLIB_ORDINAL_IMM -> ordinal = immediate;
                    case SET_DYLIB_ORDINAL_ULEB -> {
                        ordinal = file.get(at) & 0x7f;
                        at = skip(at);
                    }
                    case SET_SYMBOL_TRAILING_FLAGS_IMM -> {
                        if (ordinal == library) {
                            file.put(start, (byte) (code | WEAK_IMPORT));
                        }
                        at += text(file, at).length() + 1;
                    }
                    case SET_ADDEND_SLEB, SET_SEGMENT_AND_OFFSET_ULEB, ADD_ADDR_ULEB, DO_BIND_ADD_ADDR_ULEB -> at = skip(at);
                    case DO_BIND_ULEB_TIMES_SKIPPING_ULEB -> at = skip(skip(at));
                    default -> {}
                }
            }
        }

        /** Past a number of which all bytes but the last have their highest bit. */
        private int skip(int at) {
            int end = at;
            while (file.get(end) < 0) {
                end++;
            }
            return end + 1;
        }
    }
}
