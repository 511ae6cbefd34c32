package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/coverage.md is complete, and what it names exists. */
class CoverageTest {

    private static final Pattern ROW = Pattern.compile("\\| ([A-E]\\d+) \\|");
    private static final Pattern JAVA_TEST = Pattern.compile("`([A-Z]\\w+Test)(?:\\.(\\w+))?`");
    private static final Pattern NATIVE_TEST = Pattern.compile("`(native/test/\\w+\\.cpp)`");
    private static final Map<Character, Integer> LAST = Map.of('A', 15, 'B', 15, 'C', 12, 'D', 11, 'E', 8);

    private static List<String> rows() throws IOException {
        return Files.readAllLines(Path.of("docs/coverage.md")).stream()
                .filter(line -> ROW.matcher(line).lookingAt())
                .toList();
    }

    @Test
    void everyRowIsThereOnceWithItsFeatureAndItsProof() throws IOException {
        List<String> expected = new ArrayList<>();
        for (char section = 'A'; section <= 'E'; section++) {
            for (int i = 1; i <= LAST.get(section); i++) {
                expected.add(section + "" + i);
            }
        }
        List<String> ids = new ArrayList<>();
        for (String row : rows()) {
            String[] cells = row.split("\\|", -1);
            ids.add(cells[1].strip());
            assertFalse(cells[2].isBlank(), row);
            assertTrue(!cells[3].isBlank() || !cells[5].isBlank(), row + " says neither where nor what");
            assertTrue(
                    JAVA_TEST.matcher(cells[4]).find()
                            || NATIVE_TEST.matcher(cells[4]).find(),
                    row + " has no proof");
        }
        assertEquals(expected, ids);
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        for (Path folder : List.of(Path.of("src/test/java"), Path.of("extras/cli/src/test/java"))) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith("Test.java")).toList()) {
                    String name = file.getFileName().toString().replace(".java", "");
                    sources.merge(name, Files.readString(file), String::concat);
                }
            }
        }
        for (String row : rows()) {
            Matcher test = JAVA_TEST.matcher(row);
            while (test.find()) {
                String source = sources.get(test.group(1));
                assertTrue(source != null, test.group(1) + " does not exist: " + row);
                if (test.group(2) != null) {
                    assertTrue(
                            source.contains("void " + test.group(2) + "("), test.group() + " does not exist: " + row);
                }
            }
            Matcher program = NATIVE_TEST.matcher(row);
            while (program.find()) {
                assertTrue(Files.exists(Path.of(program.group(1))), row);
            }
        }
    }
}
