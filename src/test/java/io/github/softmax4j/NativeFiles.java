package io.github.softmax4j;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** The class path of the tests and the native files on it, to be arranged otherwise. */
final class NativeFiles {

    static final String LIBRARY = System.mapLibraryName("jnisoftmax4j");
    static final String OPENBLAS = System.mapLibraryName("s4j_blas");
    static final String FOLDER = "io/github/softmax4j/internal/" + Softmax4j.platform();

    private NativeFiles() {}

    static List<String> classPath() {
        return Arrays.asList(System.getProperty("java.class.path").split(File.pathSeparator));
    }

    static String without(Predicate<String> entry) {
        return String.join(
                File.pathSeparator, classPath().stream().filter(entry.negate()).toList());
    }

    /** The class path with another entry for our native files. */
    static String with(Path natives) {
        return without(NativeFiles::holdsOurs) + File.pathSeparator + natives;
    }

    /** Whether an entry is our own native jar or its folder. */
    static boolean holdsOurs(String entry) {
        return (entry.endsWith("-" + Softmax4j.platform() + ".jar") && entry.contains("softmax4j-"))
                || Files.exists(Path.of(entry, FOLDER, LIBRARY));
    }

    /** Whether an entry is a jar of JavaCPP, with or without a classifier. */
    static boolean isJar(String entry, String artifact, boolean natives) {
        String name = Path.of(entry).getFileName().toString();
        return name.startsWith(artifact + "-") && name.endsWith(Softmax4j.platform() + ".jar") == natives;
    }

    /** Our native files, copied to a folder of a class path. */
    static Path copy(Path root) throws IOException {
        Path folder = Files.createDirectories(root.resolve(FOLDER));
        for (Path file : ours()) {
            Files.copy(file, folder.resolve(file.getFileName()));
        }
        return folder.resolve(LIBRARY);
    }

    /** A jar of our native files. */
    static Path jar(Path file) throws IOException {
        return jar(file, ours());
    }

    /** A jar of these native files. */
    static Path jar(Path file, List<Path> natives) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out)) {
            jar.setLevel(1);
            for (Path content : natives) {
                jar.putNextEntry(new JarEntry(FOLDER + "/" + content.getFileName()));
                Files.copy(content, jar);
                jar.closeEntry();
            }
        }
        return file;
    }

    /** One of our native files. */
    static Path original(String name) throws IOException {
        return ours().stream().filter(file -> file.endsWith(name)).findFirst().orElseThrow();
    }

    private static List<Path> ours() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String entry : classPath()) {
            Path folder = Path.of(entry, FOLDER);
            if (Files.isDirectory(folder)) {
                try (Stream<Path> list = Files.list(folder)) {
                    list.forEach(files::add);
                }
            }
        }
        return files;
    }
}
