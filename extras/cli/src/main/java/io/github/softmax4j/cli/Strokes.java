package io.github.softmax4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * How each digit is drawn: control points in the unit square, y downwards. A curve runs smoothly through its points (a Catmull-Rom
 * spline), a line goes straight from each to the next.
 */
final class Strokes {

    private static final int PIECES = 8;

    /** One movement of the pen. */
    record Stroke(boolean smooth, List<double[]> points) {

        /** The stroke as a polyline, its control points moved by {@code shift}. */
        List<double[]> path(UnaryOperator<double[]> shift) {
            List<double[]> moved = points.stream().map(shift).toList();
            if (!smooth) {
                return moved;
            }
            int last = moved.size() - 1;
            List<double[]> path = new ArrayList<>();
            for (int i = 0; i < last; i++) {
                double[] before = moved.get(Math.max(0, i - 1));
                double[] after = moved.get(Math.min(last, i + 2));
                for (int piece = 0; piece < PIECES; piece++) {
                    path.add(between(before, moved.get(i), moved.get(i + 1), after, piece / (double) PIECES));
                }
            }
            path.add(moved.get(last));
            return path;
        }

        private static double[] between(double[] a, double[] b, double[] c, double[] d, double t) {
            double[] point = new double[2];
            for (int k = 0; k < 2; k++) {
                point[k] = b[k]
                        + 0.5
                                * t
                                * (c[k]
                                        - a[k]
                                        + t
                                                * (2 * a[k]
                                                        - 5 * b[k]
                                                        + 4 * c[k]
                                                        - d[k]
                                                        + t * (3 * (b[k] - c[k]) + d[k] - a[k])));
            }
            return point;
        }
    }

    /** The ways to draw each digit. */
    static final List<List<List<Stroke>>> OF_DIGITS = List.of(
            List.of(List.of(curve(.5, .04, .24, .2, .17, .5, .26, .82, .5, .96, .76, .82, .83, .5, .74, .18, .5, .04))),
            List.of(List.of(line(.5, .04, .5, .96)), List.of(line(.3, .25, .54, .05, .54, .95))),
            List.of(
                    List.of(curve(.2, .25, .35, .06, .68, .08, .76, .3, .55, .6, .18, .93), line(.18, .93, .84, .92)),
                    List.of(curve(.2, .22, .5, .04, .75, .26, .5, .68, .26, .92, .2, .78, .4, .8, .82, .93))),
            List.of(
                    List.of(curve(.2, .14, .5, .04, .74, .22, .42, .47), curve(.42, .47, .8, .6, .68, .9, .2, .88)),
                    List.of(line(.2, .06, .76, .06, .44, .42), curve(.44, .42, .8, .58, .7, .9, .2, .9))),
            List.of(
                    List.of(line(.62, .05, .14, .64, .86, .64), line(.66, .34, .66, .96)),
                    List.of(line(.26, .06, .2, .52, .78, .52), line(.76, .06, .7, .96))),
            List.of(List.of(line(.76, .06, .3, .06, .25, .46), curve(.25, .46, .6, .38, .8, .65, .6, .92, .2, .88))),
            List.of(List.of(curve(.68, .05, .36, .3, .2, .66, .42, .95, .74, .78, .62, .53, .24, .64))),
            List.of(
                    List.of(line(.18, .08, .82, .08, .4, .95)),
                    List.of(line(.18, .08, .8, .08, .44, .95), line(.34, .5, .72, .48))),
            List.of(List.of(
                    curve(.5, .48, .26, .28, .5, .05, .74, .26, .5, .48, .22, .74, .5, .95, .78, .74, .5, .48))),
            List.of(
                    List.of(curve(.74, .3, .5, .48, .25, .3, .48, .06, .74, .3, .7, .62, .5, .95)),
                    List.of(curve(.74, .3, .5, .48, .25, .3, .48, .06, .74, .3), line(.74, .3, .7, .96))));

    private Strokes() {}

    private static Stroke curve(double... coordinates) {
        return new Stroke(true, points(coordinates));
    }

    private static Stroke line(double... coordinates) {
        return new Stroke(false, points(coordinates));
    }

    private static List<double[]> points(double[] coordinates) {
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < coordinates.length; i += 2) {
            points.add(new double[] {coordinates[i], coordinates[i + 1]});
        }
        return points;
    }
}
