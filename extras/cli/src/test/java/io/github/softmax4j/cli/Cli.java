package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs commands as a user does, but in this JVM. */
final class Cli {

    /** What a command left: its exit status and what it printed. */
    record Result(int status, String out, String err) {

        List<String> errorLines() {
            return err.lines().toList();
        }
    }

    private Cli() {}

    static Result run(Object... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] texts = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            texts[i] = args[i].toString();
        }
        int status = Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), texts);
        return new Result(status, out.toString(UTF_8), err.toString(UTF_8));
    }

    /** Runs a command that must succeed without a word on standard error, and returns what it printed. */
    static String succeed(Object... args) {
        Result result = run(args);
        assertEquals("", result.err());
        assertEquals(0, result.status());
        return result.out();
    }

    static JsonObject json(Path file) throws IOException {
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }
}
