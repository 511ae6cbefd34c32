package io.github.softmax4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What all commands have in common. Their call returns the exit status. */
@Command(mixinStandardHelpOptions = true, sortOptions = false)
abstract class Subcommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Prints a line: a name in a column of its own, then what there is to say about it. */
    void say(String name, String format, Object... values) {
        out().println(Shown.line(
                String.format(Locale.ROOT, "%-11s", name) + String.format(Locale.ROOT, format, values)));
    }
}
