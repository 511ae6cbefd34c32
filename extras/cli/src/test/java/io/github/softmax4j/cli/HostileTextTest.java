package io.github.softmax4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.Adam;
import io.github.softmax4j.Dataset;
import io.github.softmax4j.SoftmaxModel;
import io.github.softmax4j.SoftmaxTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Labels and names of files do nothing to a terminal or a spreadsheet. */
class HostileTextTest {

    /** Escape, its one-character form, a turn of direction, a line's separator, a bell, half a pair. */
    private static final List<String> HOSTILE =
            List.of("\u001b[2J", "\u009b2J", "\u202egpj", "\u2028x", "\u0007", "\ud800");

    @TempDir
    Path folder;

    private static void assertHarmless(String printed) {
        assertFalse(
                printed.replace("\n", "").codePoints().anyMatch(c -> List.of(
                                (int) Character.CONTROL,
                                (int) Character.FORMAT,
                                (int) Character.SURROGATE,
                                (int) Character.LINE_SEPARATOR,
                                (int) Character.PARAGRAPH_SEPARATOR)
                        .contains(Character.getType(c))),
                printed);
    }

    @Test
    void labelsAndNamesAreShownEscaped() throws IOException {
        for (String hostile : HOSTILE.subList(0, 5)) {
            Path data = Files.writeString(
                    folder.resolve("d" + hostile + ".csv"), "1,2,a" + hostile + "a\n2,1,b" + hostile + "b\n");
            Path model = folder.resolve("m" + hostile);
            String trained = Cli.succeed("train", "--data", data, "--epochs", 1, "--model", model);
            assertHarmless(trained);
            assertTrue(trained.contains(Shown.line(data.toString())), trained);
            assertHarmless(Cli.succeed("evaluate", "--data", data, "--model", model));
            Path bad = Files.writeString(folder.resolve("bad.csv"), "1,2,c" + hostile + "c\n");
            Cli.Result refused = Cli.run("evaluate", "--data", bad, "--model", model);
            assertEquals(1, refused.errorLines().size(), refused.err());
            assertHarmless(refused.err());
            assertTrue(refused.err().contains("c" + Shown.line(hostile) + "c"), refused.err());
            Cli.Result missing = Cli.run("evaluate", "--data", folder + "/none" + hostile, "--model", model);
            assertHarmless(missing.err());
            assertHarmless(Cli.run("train", "--opt" + hostile, "x").err());
        }
    }

    @Test
    void everyUnseenCharacterIsEscapedAndNoOther() {
        for (String hostile : HOSTILE) {
            assertHarmless(Shown.line(hostile));
        }
        assertEquals("\\u001b[1m \\u009b \\u000a", Shown.line("\u001b[1m \u009b \n"));
        String harmless = "Größe C:\\new 数 \ud83d\ude00 ' \" $1";
        assertEquals(harmless, Shown.line(harmless));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"=1+1", "+x", "-x", "@x", "\tx", "\rx", "=HYPERLINK(\"http://x\",\"y\")", "-1+1", "\uff1d1"})
    void formulasAreTextsInPredictions(String label) throws IOException {
        Path model = folder.resolve("m");
        try (Dataset data = Dataset.builder()
                .features(new float[][] {{0, 0}, {1, 1}})
                .labels(new String[] {label, "zz"})
                .build()) {
            SoftmaxModel fitted = SoftmaxTrainer.builder()
                    .optimizer(new Adam(1))
                    .epochs(20)
                    .build()
                    .fit(data);
            fitted.save(model);
        }
        Path rows = Files.writeString(folder.resolve("d.csv"), "0,0\n");
        Path output = folder.resolve("p.csv");
        String doubled = label.replace("\"", "\"\"");
        Cli.succeed("predict", "--model", model, "--data", rows, "--output", output);
        assertTrue(Files.readString(output, UTF_8).contains("\n\"'" + doubled + "\","), Files.readString(output));
        Cli.succeed("predict", "--model", model, "--data", rows, "--output", output, "--raw-labels");
        assertFalse(Files.readString(output, UTF_8).contains("'"), Files.readString(output));
    }

    @ParameterizedTest
    @CsvSource({"-1", "+1", "-1.5e-3", "-.5", "1", "a", "a b", "''"})
    void numbersAndPlainTextsStay(String label) {
        assertEquals(label, CsvCell.of(label, false));
    }
}
