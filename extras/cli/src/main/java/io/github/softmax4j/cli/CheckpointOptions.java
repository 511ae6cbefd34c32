package io.github.softmax4j.cli;

import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import io.github.softmax4j.TrainingInterruptedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** Whether a training is saved on its way, and goes on where it was. */
final class CheckpointOptions {

    /** The longest that the end of the process waits for a training to save itself. */
    private static final long PATIENCE_SECONDS = 30;

    @Option(
            names = "--checkpoint",
            paramLabel = "FILE",
            description = "Save the training to this file now and then, and at Ctrl-C or SIGTERM, for --resume; it is"
                    + " removed when all is done. A file that is there is not overwritten without --resume.")
    private String checkpoint;
    /** What is written, which a link may have named; null where nothing is. */
    private Path file;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How often. Default: ${DEFAULT-VALUE}.")
    private long seconds;

    @Option(
            names = "--resume",
            description = "Go on from the --checkpoint file where there is one: the model has the same bits as of a"
                    + " training that was never interrupted.")
    private boolean resume;

    void apply(SoftmaxTrainer.Builder trainer) {
        if (checkpoint == null) {
            if (resume) {
                throw new UserException("--resume is for --checkpoint");
            }
            return;
        }
        if (seconds < 1) {
            throw new UserException("--checkpoint-every must be at least 1, was " + seconds);
        }
        trainer.checkpoint(DataFiles.path(checkpoint), Duration.ofSeconds(seconds));
    }

    /** Refuses a file that another option names, or that a training from the start would overwrite. */
    void check(Outputs outputs) {
        if (checkpoint == null) {
            return;
        }
        file = outputs.prove("--checkpoint", checkpoint);
        if (!resume && file.toFile().length() > 0) {
            throw new UserException(
                    "--checkpoint '" + checkpoint + "': there is such a file, and it would be overwritten;"
                            + " --resume goes on from it, or remove it");
        }
    }

    /** Trains; tell: prints a name and a text; keep: saves a model, and says so at the end of a message. */
    SoftmaxModel fit(
            SoftmaxTrainer trainer,
            Dataset data,
            BiConsumer<String, String> tell,
            Function<SoftmaxModel, String> keep) {
        if (checkpoint == null) {
            return fitUnsaved(trainer, data, tell);
        }
        Thread worker = Thread.currentThread();
        CountDownLatch saved = new CountDownLatch(1);
        CountDownLatch ending = new CountDownLatch(1);
        Thread hook = new Thread(() -> {
            ending.countDown();
            worker.interrupt();
            try {
                saved.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        addShutdownHook(hook);
        try {
            boolean there = file.toFile().length() > 0;
            if (resume) {
                tell.accept("resuming", there ? checkpoint : "nothing, there is no " + checkpoint + " yet");
            }
            return resume && there ? trainer.resume(data, file) : trainer.fit(data);
        } catch (IOException e) {
            throw new UserException("--resume: " + e.getMessage());
        } catch (TrainingInterruptedException e) {
            tell.accept(
                    "stopped",
                    e.getSuppressed().length == 0
                            ? "by a signal, saved to " + checkpoint + "; the same command with --resume goes on"
                            : e.getSuppressed()[0].getMessage() + keep.apply(e.model()));
            if (ending.getCount() == 0) {
                saved.countDown();
                waitForTheEnd(); // all is said
            }
            throw e;
        } finally {
            saved.countDown();
            removeShutdownHook(hook);
        }
    }

    /** A signal ends this one for good, and it says so. */
    private static SoftmaxModel fitUnsaved(SoftmaxTrainer trainer, Dataset data, BiConsumer<String, String> tell) {
        Thread hook = new Thread(
                () -> tell.accept("stopped", "by a signal, nothing is saved; --checkpoint FILE keeps a training"));
        addShutdownHook(hook);
        try {
            return trainer.fit(data);
        } finally {
            removeShutdownHook(hook);
        }
    }

    private static void addShutdownHook(Thread hook) {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            waitForTheEnd(); // a signal came before the training
        }
    }

    private static void removeShutdownHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs, or has run.
        }
    }

    /** Of the process, which a signal has brought about. */
    private static void waitForTheEnd() {
        while (true) {
            Thread.interrupted();
            LockSupport.park();
        }
    }

    /** Removes the file once it is of no more use. */
    void done() {
        try {
            if (checkpoint != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw UserException.unwritable("--checkpoint '" + checkpoint + "'", e);
        }
    }
}
