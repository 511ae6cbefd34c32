package io.github.softmax4j.cli;

import io.github.softmax4j.LearningRateSchedule;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a learning-rate schedule from the text of an option. */
final class Schedules implements ITypeConverter<LearningRateSchedule> {

    static final String SYNTAX =
            "constant, step:EPOCHS:FACTOR, exponential:FACTOR, inverse-time:RATE, inverse-sqrt:STEPS, polynomial:POWER:LAST,"
                    + " cosine:LAST, cosine-restarts:EPOCHS:GROWTH:LAST, one-cycle:RISE:FIRST:LAST or warmup:STEPS, the last also"
                    + " before another: warmup:STEPS,cosine:LAST";

    @Override
    public LearningRateSchedule convert(String text) {
        try {
            return parse(text);
        } catch (NumberFormatException e) {
            throw unknown(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text + "': " + e.getMessage());
        }
    }

    private static LearningRateSchedule parse(String text) {
        int comma = text.indexOf(',');
        String[] parts = (comma < 0 ? text : text.substring(0, comma)).split(":", -1);
        String name = parts[0] + "/" + (parts.length - 1) + (comma < 0 ? "" : ",");
        return switch (name) {
            case "constant/0" -> LearningRateSchedule.constant();
            case "step/2" -> LearningRateSchedule.step(Integer.parseInt(parts[1]), Double.parseDouble(parts[2]));
            case "exponential/1" -> LearningRateSchedule.exponential(Double.parseDouble(parts[1]));
            case "cosine/1" -> LearningRateSchedule.cosine(Double.parseDouble(parts[1]));
            case "cosine-restarts/3" -> LearningRateSchedule.cosineRestarts(
                    Integer.parseInt(parts[1]), Integer.parseInt(parts[2]), Double.parseDouble(parts[3]));
            case "inverse-time/1" -> LearningRateSchedule.inverseTime(Double.parseDouble(parts[1]));
            case "inverse-sqrt/1" -> LearningRateSchedule.inverseSquareRoot(Integer.parseInt(parts[1]));
            case "polynomial/2" -> LearningRateSchedule.polynomial(
                    Double.parseDouble(parts[1]), Double.parseDouble(parts[2]));
            case "one-cycle/3" -> LearningRateSchedule.oneCycle(
                    Double.parseDouble(parts[1]), Double.parseDouble(parts[2]), Double.parseDouble(parts[3]));
            case "warmup/1" -> LearningRateSchedule.warmUp(Integer.parseInt(parts[1]), LearningRateSchedule.constant());
            case "warmup/1," -> LearningRateSchedule.warmUp(
                    Integer.parseInt(parts[1]), parse(text.substring(comma + 1)));
            default -> throw unknown(text);
        };
    }

    private static TypeConversionException unknown(String text) {
        return new TypeConversionException("unknown schedule '" + text + "'; accepted are " + SYNTAX);
    }
}
