package io.github.softmax4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.softmax4j.internal.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The JSON of the library's files. */
class JsonFuzzTest extends FuzzTarget {

    static Stream<Arguments> seeds() {
        return Stream.of(
                        "[\"a\",\"b\"]",
                        " [ \"\\u00e9\\n\\\"\\\\\\/\\b\\f\\r\\t\" , \"\" ] ",
                        "{\"name\":{\"dtype\":\"F32\",\"shape\":[1,20],\"data_offsets\":[0,80]}}",
                        "[[[[[[[[[1]]]]]]]]]")
                .map(text -> Arguments.of((Object) text.getBytes(StandardCharsets.UTF_8)));
    }

    @MethodSource("seeds")
    @FuzzTest
    void parse(byte[] content) {
        List<String> list;
        try {
            list = Json.strings(new String(content, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            refused(e, "");
            return;
        }
        accepted();
        assertEquals(list, Json.strings(Json.strings(list)));
    }
}
