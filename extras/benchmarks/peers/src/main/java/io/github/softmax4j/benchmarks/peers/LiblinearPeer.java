package io.github.softmax4j.benchmarks.peers;

import de.bwaldvogel.liblinear.FeatureNode;
import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Model;
import java.io.IOException;
import java.io.StringReader;
import java.util.Optional;

/**
 * liblinear-java: scores of a row from a loaded model, then their softmax. Its training is one class against the rest, another
 * objective, and is not compared.
 */
final class LiblinearPeer implements Peer {

    @Override
    public String version() {
        return Peer.jarOf(Linear.class);
    }

    @Override
    public Optional<Task> prepare(Work work, Data data, int threads) throws IOException {
        if (work.kind() != Work.Kind.PREDICT_ROW) {
            return Optional.empty();
        }
        Model model = Linear.loadModel(new StringReader(modelFile(work, data)));
        FeatureNode[] nodes = new FeatureNode[work.features() + 1];
        for (int j = 0; j < nodes.length; j++) {
            nodes[j] = new FeatureNode(j + 1, 1); // the last stays 1: it is the intercept's
        }
        double[] scores = new double[work.classes()];
        return Optional.of(Timing.rows(work, data, (row, p) -> {
            for (int j = 0; j < row.length; j++) {
                nodes[j].value = row[j];
            }
            Linear.predictValues(model, nodes, scores);
            Timing.softmax(scores);
            for (int c = 0; c < p.length; c++) {
                p[c] = (float) scores[c];
            }
        }));
    }

    /** Weights in LIBLINEAR's text format: a line for each feature, the intercept as a last feature that is always 1. */
    private static String modelFile(Work work, Data data) {
        StringBuilder text = new StringBuilder("solver_type L2R_LR\nnr_class " + work.classes() + "\nlabel");
        for (int c = 0; c < work.classes(); c++) {
            text.append(' ').append(c);
        }
        text.append("\nnr_feature ").append(work.features()).append("\nbias 1\nw\n");
        float[] weights = data.weights();
        float[] intercept = data.intercept();
        for (int i = 0; i < work.parameters(); i++) {
            text.append(i < weights.length ? weights[i] : intercept[i - weights.length])
                    .append((i + 1) % work.classes() == 0 ? " \n" : " ");
        }
        return text.toString();
    }
}
