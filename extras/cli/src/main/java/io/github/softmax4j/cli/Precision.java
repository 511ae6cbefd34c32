package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an element type from the text of an option. */
final class Precision implements ITypeConverter<ElementType> {

    @Override
    public ElementType convert(String text) {
        return switch (text) {
            case "f32" -> ElementType.FLOAT32;
            case "f64" -> ElementType.FLOAT64;
            default -> throw new TypeConversionException("unknown precision '" + text + "'; accepted are f32 and f64");
        };
    }

    /** The text that stands for a type. */
    static String name(ElementType type) {
        return type == ElementType.FLOAT32 ? "f32" : "f64";
    }
}
