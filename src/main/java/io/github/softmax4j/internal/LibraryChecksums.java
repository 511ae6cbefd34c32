package io.github.softmax4j.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * The SHA-256 of the native files that belong to this jar, from {@code native.sha256}, which the build writes as sha256sum does:
 * {@code <hash>  <platform>/<file>}. Files of platforms that it does not list were built elsewhere, and are not checked.
 */
final class LibraryChecksums {

    static final String CHECK_PROPERTY = "softmax4j.library.check";
    private static final int HASH_BYTES = 32;

    private final Map<String, String> hashes = new HashMap<>();

    private LibraryChecksums() {}

    /** Those recorded in this jar; none where checking is turned off. */
    static LibraryChecksums read() throws IOException {
        LibraryChecksums checksums = new LibraryChecksums();
        InputStream recorded = LibraryChecksums.class.getResourceAsStream("native.sha256");
        if (recorded == null || "false".equals(System.getProperty(CHECK_PROPERTY))) {
            return checksums;
        }
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(recorded, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int end = line.indexOf(' ');
                checksums.hashes.put(line.substring(end).strip(), line.substring(0, end));
            }
        }
        return checksums;
    }

    /** The hash of a file; null where none is recorded. */
    String recorded(String platform, String name) {
        return hashes.get(platform + "/" + name);
    }

    /** Throws unless a file has the hash that is recorded under its name, if one is. The library must have been loaded. */
    void check(String platform, Path file, String name) throws IOException, NotLoadable {
        String expected = recorded(platform, name);
        if (expected == null) {
            return;
        }
        String found = hash(file);
        if (!found.equals(expected)) {
            throw new NotLoadable(
                    file + " is damaged or belongs to another build: its SHA-256 should be " + expected + " and is "
                            + found,
                    "take all softmax4j jars, and files out of them, from one build (-D" + CHECK_PROPERTY
                            + "=false loads it all the same)");
        }
    }

    /** By the library itself: the JDK's digest, not compiled yet when a program starts, takes longer than all of loading. */
    private static String hash(Path file) throws IOException {
        byte[] hash = new byte[HASH_BYTES];
        try (MappedFile content = MappedFile.open(file)) {
            NativeApi.s4j_sha256(content.address(), content.bytes(), hash);
        }
        return HexFormat.of().formatHex(hash);
    }
}
