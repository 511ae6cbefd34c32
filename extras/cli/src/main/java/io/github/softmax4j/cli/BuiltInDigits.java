package io.github.softmax4j.cli;

import io.github.softmax4j.ElementType;
import io.github.softmax4j.cli.Strokes.Stroke;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Hand-written-looking digits, made rather than shipped: stroke templates under random affine maps, wobble, thickness and noise,
 * drawn into 28 x 28 grey pixels in 0..1. The same images on every machine: only exact arithmetic and {@link StrictMath} are used.
 */
final class BuiltInDigits {

    static final int SIDE = 28;
    static final int CLASSES = 10;

    private static final int TRAIN_ROWS = 6000;
    private static final int TEST_ROWS = 1000;
    private static final long TRAIN_SEED = 1;
    private static final long TEST_SEED = 2;

    private static final double HEIGHT = 19;
    private static final double WOBBLE = 0.05;
    private static final double NOISE = 0.25;

    private final SplittableRandom random;
    private final double[] image = new double[SIDE * SIDE];

    private BuiltInDigits(long seed) {
        random = new SplittableRandom(seed);
    }

    static Table train(ElementType type) {
        return new BuiltInDigits(TRAIN_SEED).draw("built-in digits", TRAIN_ROWS, type);
    }

    static Table test(ElementType type) {
        return new BuiltInDigits(TEST_SEED).draw("built-in digits, test part", TEST_ROWS, type);
    }

    private Table draw(String name, int rows, ElementType type) {
        FeatureBuffer values = new FeatureBuffer(type, rows * image.length);
        int[] labels = new int[rows];
        for (int i = 0; i < rows; i++) {
            labels[i] = random.nextInt(CLASSES);
            draw(labels[i]);
            for (double pixel : image) {
                values.add(Math.rint(255 * pixel) / 255);
            }
        }
        return new Table(name, values, rows, image.length, new FileLabels(labels, Demand.ANY));
    }

    private void draw(int digit) {
        Arrays.fill(image, 0);
        List<List<Stroke>> ways = Strokes.OF_DIGITS.get(digit);
        double[] map = affineMap();
        double radius = around(1.25, 0.45);
        for (Stroke stroke : ways.get(random.nextInt(ways.size()))) {
            double[] from = null;
            for (double[] point : stroke.path(this::wobble)) {
                double[] to = apply(map, point);
                if (from != null) {
                    segment(from, to, radius);
                }
                from = to;
            }
        }
        double ink = around(0.85, 0.15);
        for (int i = 0; i < image.length; i++) {
            image[i] = Math.min(1, Math.max(0, ink * image[i] + NOISE * around(0, 0.5) * random.nextDouble()));
        }
    }

    /** Rotation, slant, size and place: rows (xx, xy, x0) and (yx, yy, y0), from the unit square to pixels. */
    private double[] affineMap() {
        double height = HEIGHT * around(1, 0.15);
        double width = HEIGHT * around(0.85, 0.2);
        double angle = around(0, 0.25);
        double slant = around(0.1, 0.3);
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        double centreX = SIDE / 2.0 + around(0, 2);
        double centreY = SIDE / 2.0 + around(0, 2);
        return new double[] {
            width * cos, -height * (sin + slant * cos), centreX, width * sin, height * (cos - slant * sin), centreY
        };
    }

    private static double[] apply(double[] map, double[] point) {
        double x = point[0] - 0.5;
        double y = point[1] - 0.5;
        return new double[] {map[0] * x + map[1] * y + map[2], map[3] * x + map[4] * y + map[5]};
    }

    private double[] wobble(double[] point) {
        return new double[] {point[0] + around(0, WOBBLE), point[1] + around(0, WOBBLE)};
    }

    /** Inks the pixels within {@code radius} of a segment, those on the rim in part. */
    private void segment(double[] from, double[] to, double radius) {
        double reach = radius + 0.5;
        int left = clamp(Math.min(from[0], to[0]) - reach);
        int right = clamp(Math.max(from[0], to[0]) + reach);
        int top = clamp(Math.min(from[1], to[1]) - reach);
        int bottom = clamp(Math.max(from[1], to[1]) + reach);
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                double ink = Math.min(1, reach - distance(x + 0.5, y + 0.5, from, to));
                int pixel = y * SIDE + x;
                image[pixel] = Math.max(image[pixel], ink);
            }
        }
    }

    private static double distance(double x, double y, double[] from, double[] to) {
        double dx = to[0] - from[0];
        double dy = to[1] - from[1];
        double length = dx * dx + dy * dy;
        double t = length == 0 ? 0 : ((x - from[0]) * dx + (y - from[1]) * dy) / length;
        t = Math.min(1, Math.max(0, t));
        double ex = from[0] + t * dx - x;
        double ey = from[1] + t * dy - y;
        return Math.sqrt(ex * ex + ey * ey);
    }

    private static int clamp(double coordinate) {
        return (int) Math.min(SIDE - 1, Math.max(0, Math.floor(coordinate)));
    }

    /** Uniform in centre - spread .. centre + spread. */
    private double around(double centre, double spread) {
        return centre + spread * (2 * random.nextDouble() - 1);
    }
}
