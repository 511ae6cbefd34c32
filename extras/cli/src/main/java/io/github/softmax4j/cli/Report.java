package io.github.softmax4j.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.github.softmax4j.Softmax4j;
import java.util.LinkedHashMap;
import java.util.Map;

/** A JSON object with its keys in the order in which they were put. */
final class Report {

    private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

    private final Map<String, Object> values = new LinkedHashMap<>();

    /** Adds a number, text, array, list, record or report; what is null, NaN or infinite is left out: JSON cannot say it. */
    Report put(String key, Object value) {
        boolean sayable = value != null && !(value instanceof Double number && !Double.isFinite(number));
        if (sayable) {
            values.put(key, value instanceof Report report ? report.values : value);
        }
        return this;
    }

    /** Adds what the numbers of a measurement depend on. */
    Report putMachine(int threads) {
        return put("threads", threads)
                .put("kernels", Softmax4j.kernels())
                .put("openblas_core", Softmax4j.openBlasCore());
    }

    Map<String, Object> values() {
        return values;
    }

    void writeTo(Output file) {
        file.write(writer -> writer.append(JSON.toJson(values)).append('\n'));
    }
}
