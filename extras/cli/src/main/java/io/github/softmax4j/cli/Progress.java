package io.github.softmax4j.cli;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error; nothing where that is not a terminal, which the launcher finds out. */
final class Progress implements AutoCloseable {

    private final ProgressBar bar;

    Progress(String task, long steps) {
        bar = isShown() ? show(task, steps) : null;
    }

    static boolean isShown() {
        return Boolean.getBoolean("softmax4j.cli.terminal");
    }

    private static ProgressBar show(String task, long steps) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(200)
                .clearDisplayOnFinish()
                .build();
    }

    void step(String message) {
        if (bar != null) {
            bar.step().setExtraMessage(message);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
