package io.github.softmax4j.benchmarks.peers;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** ONNX models as bytes: as much of onnx.proto's ModelProto, by its field numbers, as two operators need. */
final class OnnxModel {

    static final String INPUT = "x";
    static final String OUTPUT = "p";

    private static final int FLOAT = 1;
    private static final int IR_VERSION = 8;
    private static final int OPERATOR_SET = 13;

    private OnnxModel() {}

    /** p = softmax(x W + b), with a row for each row of x. */
    static byte[] linearSoftmax(Work work, Data data) {
        Message graph = new Message()
                .put(1, node("Gemm", "s", INPUT, "w", "b"))
                .put(1, node("Softmax", OUTPUT, "s"))
                .put(5, tensor("w", data.weights(), work.features(), work.classes()))
                .put(5, tensor("b", data.intercept(), work.classes()));
        return model(graph);
    }

    /** p = softmax(x), row by row. */
    static byte[] softmax() {
        return model(new Message().put(1, node("Softmax", OUTPUT, INPUT)));
    }

    private static byte[] model(Message graph) {
        graph.put(2, "graph").put(11, matrix(INPUT)).put(12, matrix(OUTPUT));
        return new Message()
                .put(1, IR_VERSION)
                .put(7, graph)
                .put(8, new Message().put(2, OPERATOR_SET))
                .toBytes();
    }

    private static Message node(String operator, String output, String... inputs) {
        Message node = new Message();
        for (String input : inputs) {
            node.put(1, input);
        }
        return node.put(2, output).put(4, operator);
    }

    private static Message tensor(String name, float[] values, int... shape) {
        Message tensor = new Message();
        for (int length : shape) {
            tensor.put(1, length);
        }
        ByteBuffer raw = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return tensor.put(2, FLOAT).put(8, name).put(9, raw.array());
    }

    /** A value of two dimensions whose lengths are left open. */
    private static Message matrix(String name) {
        Message shape = new Message()
                .put(1, new Message().put(2, name + "Rows"))
                .put(1, new Message().put(2, name + "Columns"));
        Message type = new Message().put(1, new Message().put(1, FLOAT).put(2, shape));
        return new Message().put(1, name).put(2, type);
    }

    /** A message in protocol buffers' wire format. */
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Message put(int field, int value) {
            varint(field << 3);
            varint(value);
            return this;
        }

        Message put(int field, byte[] value) {
            varint((field << 3) | 2);
            varint(value.length);
            bytes.writeBytes(value);
            return this;
        }

        Message put(int field, String value) {
            return put(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message put(int field, Message value) {
            return put(field, value.toBytes());
        }

        byte[] toBytes() {
            return bytes.toByteArray();
        }

        private void varint(int value) {
            int rest = value;
            while (rest > 0x7f) {
                bytes.write((rest & 0x7f) | 0x80);
                rest >>>= 7;
            }
            bytes.write(rest);
        }
    }
}
