package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** Finds out what kind of data a PATH of the command line names, and reads it. */
final class DataFiles {

    static final String KINDS =
            "a folder of MNIST-style IDX files (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-..., plain or .gz),"
                    + " one IDX file of images, a CSV file (.csv, .csv.gz or csv:PATH), or a LIBSVM/svmlight file (.svm, .libsvm, .svmlight,"
                    + " .scale, .t, .tr, .val, plain or .gz, or libsvm:PATH; libsvm0:PATH where indices count from 0)";

    private static final String CSV_PREFIX = "csv:";
    private static final int BUFFER = 1 << 16;

    /** Which files of a folder to take. */
    enum Part {
        TRAIN("train"),
        TEST("t10k");

        final String prefix;

        Part(String prefix) {
            this.prefix = prefix;
        }
    }

    private DataFiles() {}

    /** Reads the rows that {@code path} names; {@code part} is for folders alone. */
    static Table read(String path, Part part, ElementType type, Demand demand) {
        if (path.startsWith(CSV_PREFIX)) {
            return CsvFile.read(existing(withoutPrefix(path)), type, demand);
        }
        if (LibsvmFile.hasPrefix(path)) {
            return LibsvmFile.read(existing(withoutPrefix(path)), path, type, demand);
        }
        Path file = existing(path);
        if (Files.isDirectory(file)) {
            return IdxFiles.read(file, part, type, demand);
        }
        String name = name(file);
        if (name.endsWith(".csv") || name.endsWith(".csv.gz")) {
            return CsvFile.read(file, type, demand);
        }
        if (LibsvmFile.isNamed(name)) {
            return LibsvmFile.read(file, path, type, demand);
        }
        if (IdxFiles.isImages(name)) {
            return IdxFiles.read(file, type, demand);
        }
        throw new UserException(path + ": unknown kind of data; accepted are " + KINDS);
    }

    /** Whether {@code path} is a folder that holds the part. */
    static boolean hasPart(String path, Part part) {
        return withoutPrefix(path).equals(path) && IdxFiles.find(path(path), part).isPresent();
    }

    /** What {@code path} names in the file system. */
    static String withoutPrefix(String path) {
        if (LibsvmFile.hasPrefix(path)) {
            return LibsvmFile.withoutPrefix(path);
        }
        return path.startsWith(CSV_PREFIX) ? path.substring(CSV_PREFIX.length()) : path;
    }

    /** The path, if the file system accepts its characters. */
    static Path path(String path) {
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw new UserException("'" + path + "': is not a path: " + e.getReason());
        }
    }

    static String name(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    }

    /** Opens a file, and unpacks it where it begins like gzip. */
    static InputStream open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        try {
            return isGzip(in) ? new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER) : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private static boolean isGzip(InputStream in) throws IOException {
        in.mark(2);
        boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return gzip;
    }

    private static Path existing(String path) {
        Path file = path(path);
        if (path.isEmpty() || !Files.exists(file)) {
            throw new UserException("'" + path + "': no such file or folder");
        }
        return file;
    }
}
