package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.ElementType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** Finds out what kind of data a PATH of the command line names, and reads it. */
final class DataFiles {

    static final String KINDS =
            "a folder of MNIST-style IDX files (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-..., plain or .gz),"
                    + " one IDX file of images, a CSV file (.csv, .csv.gz or csv:PATH), a LIBSVM/svmlight file (.svm, .libsvm, .svmlight,"
                    + " .scale, .t, .tr, .val, plain or .gz, or libsvm:PATH; libsvm0:PATH where indices count from 0), NumPy files"
                    + " (features.npy,labels.npy or features.npy), or a dataset file as convert writes it (.s4d)";

    static final String DATASET_SUFFIX = ".s4d";

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

    /** Reads the rows that {@code path} names into memory; {@code part} is for folders alone. */
    static Table read(String path, Part part, ElementType type, Demand demand, InputOptions input) {
        RowSink.InMemory sink = new RowSink.InMemory();
        read(path, part, type, demand, input, sink);
        return sink.table();
    }

    /** Reads the rows that {@code path} names, and hands them over on the way. */
    static void read(String path, Part part, ElementType type, Demand demand, InputOptions input, RowSink sink) {
        if (path.startsWith(CSV_PREFIX)) {
            CsvFile.read(existing(withoutPrefix(path)), type, demand, input, sink);
            return;
        }
        if (LibsvmFile.hasPrefix(path)) {
            sink.take(LibsvmFile.read(existing(withoutPrefix(path)), path, type, demand, input));
            return;
        }
        if (NpyFiles.accepts(path)) {
            String[] pair = NpyFiles.split(path);
            NpyFiles.read(existing(pair[0]), pair.length < 2 ? null : existing(pair[1]), type, demand, sink);
            return;
        }
        Path file = existing(path);
        String name = name(file);
        if (Files.isDirectory(file)) {
            IdxFiles.read(file, part, type, demand, sink);
        } else if (isCsvNamed(name)) {
            CsvFile.read(file, type, demand, input, sink);
        } else if (LibsvmFile.isNamed(name)) {
            sink.take(LibsvmFile.read(file, path, type, demand, input));
        } else if (name.endsWith(DATASET_SUFFIX)) {
            sink.take(opened(file, demand));
        } else if (IdxFiles.isImages(name)) {
            IdxFiles.read(file, type, demand, sink);
        } else {
            throw new UserException(path + ": unknown kind of data; accepted are " + KINDS);
        }
    }

    private static Table opened(Path file, Demand demand) {
        Dataset data;
        try {
            data = Dataset.open(file);
        } catch (IOException e) {
            throw new UserException(e.getMessage()); // names the file
        }
        try {
            demand.checkFeatures(file.toString(), data.features());
            if (demand.labelled() && !data.hasLabels()) {
                throw new UserException(file + ": has no labels");
            }
            if (data.hasLabels() && !demand.ignoresLabels()) {
                demand.checkClasses(file.toString(), data);
            }
        } catch (UserException e) {
            data.close();
            throw e;
        }
        return new Table(file.toString(), data);
    }

    /** Whether {@code path} names a CSV file. */
    static boolean isCsv(String path) {
        return path.startsWith(CSV_PREFIX)
                || (!LibsvmFile.hasPrefix(path) && !NpyFiles.accepts(path) && isCsvNamed(name(path(path))));
    }

    private static boolean isCsvNamed(String name) {
        return name.endsWith(".csv") || name.endsWith(".csv.gz");
    }

    /** Whether {@code path} is a folder that holds the part. */
    static boolean hasPart(String path, Part part) {
        return withoutPrefix(path).equals(path)
                && !NpyFiles.accepts(path)
                && IdxFiles.find(path(path), part).isPresent();
    }

    /** What {@code path} names in the file system. */
    static Stream<String> files(String path) {
        return NpyFiles.accepts(path) ? Stream.of(NpyFiles.split(path)) : Stream.of(withoutPrefix(path));
    }

    private static String withoutPrefix(String path) {
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
    static BufferedInputStream open(Path file) throws IOException {
        BufferedInputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        try {
            return isGzip(in)
                    ? new BufferedInputStream(new UnpackedLimit(new GzipStream(in, BUFFER), file), BUFFER)
                    : in;
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
