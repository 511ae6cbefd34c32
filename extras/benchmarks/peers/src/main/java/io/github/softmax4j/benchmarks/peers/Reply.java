package io.github.softmax4j.benchmarks.peers;

import java.util.List;

/**
 * What a system's process says, as a line of JSON behind {@link #MARK}; what else stands on its output is not ours. The first line tells
 * how it got ready; then each line that it reads is answered by the seconds of a run, until its input ends.
 *
 * @param unsupported the system does not do such work
 * @param error why it could not; null otherwise
 * @param version what was measured
 * @param blas the BLAS in the process and its core; null where there is none or it does not tell
 * @param check the result, see {@link Work.Kind}
 * @param expected see {@link Peer.Task#expected}
 * @param seconds of one run, the median of several
 */
record Reply(
        boolean unsupported,
        String error,
        String version,
        String blas,
        List<Double> check,
        List<Double> expected,
        double seconds) {

    static final String MARK = "@reply ";

    static Reply ofUnsupported() {
        return new Reply(true, null, null, null, null, null, 0);
    }

    static Reply ofError(Throwable error) {
        return new Reply(false, error.toString(), null, null, null, null, 0);
    }

    static Reply ofSeconds(double seconds) {
        return new Reply(false, null, null, null, null, null, seconds);
    }
}
