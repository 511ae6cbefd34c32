package io.github.softmax4j.benchmarks.peers;

import java.util.Optional;

/** A system that runs in a JVM. To add one: a class that implements this, and its line in {@link Systems}. */
interface Peer {

    /** Name and version of what is measured. */
    String version();

    /**
     * Gets ready for a piece of work, its data in the form that the system is fastest with.
     *
     * @param threads that it may use
     * @return empty where the system does not do such work
     */
    Optional<Task> prepare(Work work, Data data, int threads) throws Exception;

    /** Work that is ready to run. */
    interface Task {

        /** Runs once more, or as often as can be timed, and returns the seconds of one run. */
        double seconds() throws Exception;

        /** The numbers of the result that {@link Work.Kind} tells. */
        double[] check() throws Exception;

        /**
         * What they should be, of a system that cannot be given the weights: computed plainly from weights of its own. Null where the
         * common reference holds.
         */
        default double[] expected() {
            return null;
        }
    }

    /** The file of the library that {@code type} comes from, which names its version. */
    static String jarOf(Class<?> type) {
        String path = type.getProtectionDomain().getCodeSource().getLocation().getPath();
        return path.substring(path.lastIndexOf('/') + 1).replaceAll("\\.jar$", "");
    }
}
