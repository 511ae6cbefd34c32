package io.github.softmax4j.benchmarks.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.tribuo.Example;
import org.tribuo.ImmutableFeatureMap;
import org.tribuo.ImmutableOutputInfo;
import org.tribuo.MutableDataset;
import org.tribuo.classification.Label;
import org.tribuo.classification.LabelFactory;
import org.tribuo.classification.sgd.linear.LinearSGDModel;
import org.tribuo.classification.sgd.linear.LogisticRegressionTrainer;
import org.tribuo.impl.ArrayExample;
import org.tribuo.math.la.DenseMatrix;
import org.tribuo.provenance.SimpleDataSourceProvenance;

/**
 * Tribuo: prediction of a row, in pure Java, by a model of its own, as weights cannot be given to it. Its epoch is not measured: with
 * its Adam and batches of more than one row the weights diverge.
 */
final class TribuoPeer implements Peer {

    @Override
    public String version() {
        return Peer.jarOf(LogisticRegressionTrainer.class);
    }

    @Override
    public Optional<Task> prepare(Work work, Data data, int threads) {
        return work.kind() == Work.Kind.PREDICT_ROW ? Optional.of(predictRow(work, data)) : Optional.empty();
    }

    private static String[] names(Work work) {
        String[] names = new String[work.features()];
        for (int j = 0; j < names.length; j++) {
            names[j] = String.format(Locale.ROOT, "%06d", j); // sorted, as Tribuo keeps them
        }
        return names;
    }

    private static double[] widened(float[] row) {
        double[] wide = new double[row.length];
        for (int j = 0; j < wide.length; j++) {
            wide[j] = row[j];
        }
        return wide;
    }

    private static MutableDataset<Label> dataset(Work work, Data data) {
        LabelFactory factory = new LabelFactory();
        String[] names = names(work);
        int[] labels = data.labels();
        float[][] rows = data.rows();
        List<Example<Label>> examples = new ArrayList<>();
        for (int i = 0; i < rows.length; i++) {
            examples.add(new ArrayExample<>(new Label("" + labels[i]), names, widened(rows[i])));
        }
        return new MutableDataset<>(examples, new SimpleDataSourceProvenance("peers", factory), factory);
    }

    private static Task predictRow(Work work, Data data) {
        LinearSGDModel model = new LogisticRegressionTrainer().train(dataset(work, data));
        String[] names = names(work);
        ImmutableOutputInfo<Label> classes = model.getOutputIDInfo();
        Task rows = Timing.rows(work, data, (row, p) -> {
            Map<String, Label> scores = model.predict(
                            new ArrayExample<>(LabelFactory.UNKNOWN_LABEL, names, widened(row)))
                    .getOutputScores();
            for (int c = 0; c < p.length; c++) {
                p[c] = (float) scores.get(classes.getOutput(c).getLabel()).getScore();
            }
        });
        double[] expected = plainSums(model, names, data.rows(), work.classes());
        return new Task() {
            @Override
            public double seconds() throws Exception {
                return rows.seconds();
            }

            @Override
            public double[] check() throws Exception {
                return rows.check();
            }

            @Override
            public double[] expected() {
                return expected;
            }
        };
    }

    private static double[] plainSums(LinearSGDModel model, String[] names, float[][] rows, int classes) {
        DenseMatrix weights = model.getWeightsCopy(); // classes x (features + 1), the intercept last
        ImmutableFeatureMap features = model.getFeatureIDMap();
        double[] sums = new double[2];
        for (float[] row : rows) {
            double[] p = new double[classes];
            for (int c = 0; c < classes; c++) {
                p[c] = weights.get(c, names.length);
                for (int j = 0; j < names.length; j++) {
                    p[c] += weights.get(c, features.getID(names[j])) * row[j];
                }
            }
            Timing.softmax(p);
            for (double value : p) {
                sums[0] += value * value;
            }
            sums[1] += p[0];
        }
        return sums;
    }
}
