package io.github.softmax4j;

import io.github.softmax4j.internal.NativeArray;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/** The checkpoints of one training: when they are due, and what becomes of those that cannot be written. */
final class Checkpoints {

    private final SoftmaxTrainer settings;
    /** Null where none are written or read. */
    private final Map<String, String> identity;

    private long last = System.nanoTime();

    private Checkpoints(SoftmaxTrainer settings, Map<String, String> identity) {
        this.settings = settings;
        this.identity = identity;
    }

    /** Of a fit. initial: the parameters before the first step; from: the checkpoint it goes on from, or null. */
    static Checkpoints of(SoftmaxTrainer settings, Dataset data, NativeArray initial, int threads, Path from) {
        if (settings.checkpointFile != null && !settings.checkpointFile.equals(from)) {
            requireReplaceable(settings.checkpointFile);
        }
        boolean any = settings.checkpointFile != null || from != null;
        return new Checkpoints(settings, any ? TrainingIdentity.of(settings, data, initial, threads) : null);
    }

    private static void requireReplaceable(Path file) {
        try {
            Checkpoint.requireReplaceable(file);
        } catch (FileAlreadyExistsException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        } catch (IOException e) {
            // What cannot be read is no reason to stop: the first checkpoint shows whether it can be written.
        }
    }

    Checkpoint read(Path from, String phase, NativeState state) throws IOException {
        return Checkpoint.read(from, identity, phase, state);
    }

    /** Whether time says so. */
    boolean isDue() {
        return settings.checkpointInterval != null && System.nanoTime() - last >= settings.checkpointInterval.toNanos();
    }

    /** Whether the number of epochs or iterations says so. */
    boolean isDueAfter(int count) {
        return settings.checkpointEvery > 0 && count % settings.checkpointEvery == 0;
    }

    /** Writes one, where any are to be written. model: the one so far, for an exception. */
    void write(Checkpoint.Content content, Supplier<SoftmaxModel> model) {
        try {
            write(content);
        } catch (IOException e) {
            if (settings.checkpointFailures == null) {
                throw new CheckpointException(e, model.get());
            }
            settings.checkpointFailures.accept(e);
        }
    }

    /** Writes the last one of a training that ends with an exception, which tells of a failure too; returns that, which is made after it. */
    <E extends RuntimeException> E writeAtEnd(Checkpoint.Content content, Supplier<E> end) {
        try {
            write(content);
            return end.get();
        } catch (IOException e) {
            E exception = end.get();
            exception.addSuppressed(e);
            if (settings.checkpointFailures != null) {
                settings.checkpointFailures.accept(e);
            }
            return exception;
        }
    }

    private void write(Checkpoint.Content content) throws IOException {
        if (settings.checkpointFile != null) {
            Checkpoint.write(settings.checkpointFile, identity, content);
            last = System.nanoTime();
        }
    }
}
