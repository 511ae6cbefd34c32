package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.softmax4j.Softmax4j;
import io.github.softmax4j.SoftmaxException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/**
 * The command line. Exit status: 0 done; 2 the user's input or usage is wrong, with one line on standard error; 1 an internal
 * failure.
 */
@Command(
        name = "softmax4j",
        description = "Trains and serves linear softmax classifiers.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            TrainCommand.class,
            EvaluateCommand.class,
            PredictCommand.class,
            CalibrateCommand.class,
            ConvertCommand.class,
            GradcheckCommand.class,
            BenchCommand.class,
            DoctorCommand.class,
            HelpCommand.class
        },
        footer = {
            "  test       Everything is built and all tests are run (by the launcher).",
            "",
            "PATH of data: " + DataFiles.KINDS + ".",
            "Exit status: 0 done; 2 wrong input or usage; 1 internal failure."
        })
public final class Main {

    private Main() {}

    /**
     * Runs one command and ends the JVM with its exit status.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        System.exit(run(System.out, System.err, args));
    }

    /** Runs one command and returns its exit status. */
    static int run(PrintStream out, PrintStream err, String... args) {
        PrintWriter output = new PrintWriter(out, true, UTF_8);
        PrintWriter errors = new PrintWriter(err, true, UTF_8);
        int status = execute(output, errors, args);
        if (output.checkError() && status == ExitCode.OK) {
            errors.println("softmax4j: standard output cannot be written");
            return ExitCode.USAGE;
        }
        return status;
    }

    private static int execute(PrintWriter output, PrintWriter errors, String[] args) {
        try {
            return new CommandLine(new Main())
                    .setOut(output)
                    .setErr(errors)
                    .setExpandAtFiles(false)
                    .setParameterExceptionHandler((e, unused) -> refuse(e.getCommandLine(), usage(e)))
                    .setExecutionExceptionHandler((e, command, unused) -> explain(e, command))
                    .execute(args);
        } catch (OutOfMemoryError e) {
            errors.println("softmax4j: not enough memory (" + e.getMessage()
                    + "); SOFTMAX4J_JAVA_OPTS=-Xmx... gives the JVM more, --precision f32 needs half of f64");
            return ExitCode.SOFTWARE;
        }
    }

    private static int explain(Exception e, CommandLine command) {
        if (e instanceof UserException || e instanceof IllegalArgumentException) {
            return refuse(command, e.getMessage());
        }
        if (e instanceof SoftmaxException) {
            refuse(command, e.getMessage());
            return ExitCode.SOFTWARE;
        }
        command.getErr().println(command.getCommandSpec().qualifiedName() + ": internal error, please report it:");
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        command.getErr().print(Shown.lines(trace.toString()));
        command.getErr().flush();
        return ExitCode.SOFTWARE;
    }

    private static String usage(ParameterException e) {
        if (!e.getCommandLine().getSubcommands().isEmpty()) {
            String commands =
                    String.join(", ", e.getCommandLine().getSubcommands().keySet());
            return e.getMessage() + "; the commands are " + commands + ", test";
        }
        return e.getMessage() + "; see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help";
    }

    /** One line, whatever characters a file name brought into the message. */
    private static int refuse(CommandLine command, String message) {
        String line = Optional.ofNullable(message).orElse("").replaceAll("\\s*\r?\n\\s*", " ");
        command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + Shown.line(line));
        return ExitCode.USAGE;
    }

    /** The version of the library. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"softmax4j " + Softmax4j.version()};
        }
    }
}
