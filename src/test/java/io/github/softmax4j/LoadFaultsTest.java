package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each way in which loading can fail, in a JVM of its own: one exception, the same for every use, that says how to fix it. */
class LoadFaultsTest {

    private static final String PLATFORM = Softmax4j.platform();
    private static final String NO_CHECK = "-Dsoftmax4j.library.check=false";

    @TempDir
    private Path folder;

    @Test
    void missingNativeJarIsNamedByItsCoordinates() throws Exception {
        String message = failure(List.of(), NativeFiles.without(NativeFiles::holdsOurs));
        assertHas(message, "a jar is missing", NativeFiles.FOLDER + "/" + NativeFiles.LIBRARY);
        String version = System.getProperty("softmax4j.test.version");
        assumeTrue(version != null, "the build sets softmax4j.test.version");
        assertHas(
                message,
                "add io.github.softmax4j:softmax4j:" + version + ":" + PLATFORM + " to the class path",
                "depend on io.github.softmax4j:softmax4j-platform:" + version);
    }

    @Test
    void missingJavaCppIsNamedByItsCoordinates() throws Exception {
        String withoutJavaCpp = NativeFiles.without(e -> NativeFiles.isJar(e, "javacpp", false));
        for (List<String> options : List.of(List.<String>of(), List.of("-Dsoftmax4j.library.path=" + folder))) {
            String javacpp = failure(options, withoutJavaCpp);
            assertTrue(
                    javacpp.matches(".*looked for org/bytedeco/javacpp/Loader\\.class; to fix it:"
                            + " add org\\.bytedeco:javacpp:[0-9.]+ to the class path.*"),
                    javacpp);
        }
    }

    @Test
    void unsupportedPlatformSaysWhichAreSupported() throws Exception {
        String message =
                failure(List.of("-Dorg.bytedeco.javacpp.platform=linux-riscv64"), NativeFiles.without(e -> false));
        assertHas(message, "on linux-riscv64: there is no build for this platform, only for linux-x86_64, ");
    }

    @Test
    void alteredLibraryIsFoundByItsHash() throws Exception {
        Path library = NativeFiles.copy(folder);
        alter(library);
        String message = failure(List.of(), NativeFiles.with(folder));
        assertHas(message, library + " is damaged or belongs to another build", "from one build");
        assertTrue(message.matches(".*should be [0-9a-f]{64} and is [0-9a-f]{64};.*"), message);
        assertLoads(List.of(NO_CHECK), NativeFiles.with(folder));
    }

    @Test
    void whatIsWrongInTheCacheIsReplaced() throws Exception {
        String natives = NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar")));
        Path cache = folder.resolve("cache");
        List<String> options = List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache);
        assertLoads(options, natives);
        for (String name : List.of(NativeFiles.LIBRARY, NativeFiles.OPENBLAS)) {
            Path cached = find(cache, name);
            Object unpacked =
                    Files.readAttributes(cached, BasicFileAttributes.class).fileKey();
            assertLoads(options, natives);
            assertEquals(
                    unpacked,
                    Files.readAttributes(cached, BasicFileAttributes.class).fileKey(),
                    "unpacked again without need");
            for (Damage damage : List.<Damage>of(
                    file -> write(file, Files.size(file) / 2, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}),
                    file -> cut(file, Files.size(file) - 1),
                    file -> cut(file, 0),
                    Files::delete)) {
                damage.to(cached);
                assertLoads(options, natives);
                assertEquals(-1, Files.mismatch(cached, NativeFiles.original(name)), name);
            }
        }
    }

    @Test
    void nativesOfAnotherBuildAreRefusedAndLeaveTheCacheToTheRightOnes() throws Exception {
        String right = NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar")));
        for (String name : List.of(NativeFiles.LIBRARY, NativeFiles.OPENBLAS)) {
            Path root = Files.createDirectory(folder.resolve("of-" + name));
            Path ofAnother = NativeFiles.copy(root).resolveSibling(name);
            alter(ofAnother);
            List<Path> files = Stream.of(NativeFiles.LIBRARY, NativeFiles.OPENBLAS)
                    .map(ofAnother::resolveSibling)
                    .toList();
            String mixed = NativeFiles.with(NativeFiles.jar(root.resolve("natives.jar"), files));
            List<String> options = List.of("-Dorg.bytedeco.javacpp.cachedir=" + root.resolve("cache"));
            for (int time = 0; time < 2; time++) {
                assertHas(failure(options, mixed), name + " is damaged or belongs to another build", "from one build");
                assertLoads(options, right);
            }
            // Unchecked, each still has its own.
            List<String> unchecked = List.of(options.get(0), NO_CHECK);
            assertLoads(unchecked, mixed);
            assertLoads(options, right);
            assertHas(failure(options, mixed), name + " is damaged or belongs to another build");
        }
    }

    @Test
    void damagedJarIsReportedAsSuch() throws Exception {
        Path jar = NativeFiles.jar(folder.resolve("natives.jar"));
        write(jar, Files.size(jar) / 2, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        for (List<String> check : List.of(List.<String>of(), List.of(NO_CHECK))) {
            List<String> options = new ArrayList<>(check);
            options.add("-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"));
            assertHas(
                    failure(options, NativeFiles.with(jar)), "the jar is damaged: ", jar + "!/", "fetch that jar anew");
        }
    }

    @Test
    void truncatedLibraryIsReportedAsDamaged() throws Exception {
        Path library = NativeFiles.copy(folder);
        cut(library, 100_000);
        // Before it is mapped, which would end the JVM; and whether anything is compared or not.
        for (List<String> options : List.of(List.<String>of(), List.of(NO_CHECK))) {
            String message = failure(options, NativeFiles.with(folder));
            assertHas(
                    message, "the file is damaged: " + library + " is cut off", "put the file of the jar in its place");
        }
        String named = "-Dsoftmax4j.library.path=" + library.getParent();
        String message = failure(List.of(named), NativeFiles.without(e -> false));
        assertHas(message, "the file is damaged: " + library + " is cut off", "put the file of the jar in its place");
        Files.write(library, new byte[10]);
        assertHas(failure(List.of(NO_CHECK), NativeFiles.with(folder)), "the file is damaged", library.toString());
    }

    @Test
    void libraryOfAnotherArchitectureIsReportedAsSuch() throws Exception {
        assumeTrue(PLATFORM.startsWith("linux"), "patches an ELF header");
        Path library = NativeFiles.copy(folder);
        byte other = (byte) (PLATFORM.endsWith("arm64") ? 62 : 183); // e_machine: x86-64, AArch64
        write(library, 18, new byte[] {other});
        assertHas(
                failure(List.of(NO_CHECK), NativeFiles.with(folder)),
                "it is for another architecture",
                library.toString());
    }

    @Test
    void libraryOfAnotherVersionIsRefused() throws Exception {
        Path library = NativeFiles.copy(folder);
        String version = Softmax4j.version();
        byte[] bytes = Files.readAllBytes(library);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int at = text.indexOf("\0" + version + "\0");
        assumeTrue(at >= 0, "the version stands in the library as a string of its own");
        write(library, at + 1, new byte[] {'9'});
        assertHas(
                failure(List.of(NO_CHECK), NativeFiles.with(folder)),
                "is version 9" + version.substring(1) + ", the Java part " + version);
    }

    @Test
    void cacheThatCannotBeWrittenIsReportedWithTheProperty() throws Exception {
        Path file = Files.createFile(folder.resolve("file")); // root may write any folder, but not into a file
        List<String> options = List.of(
                "-Duser.home=" + file,
                "-Djava.io.tmpdir=" + file,
                "-Dorg.bytedeco.javacpp.cachedir=" + file + "/cache");
        String message = failure(options, NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar"))));
        assertHas(message, "there is no folder to unpack it to", "-Dorg.bytedeco.javacpp.cachedir=FOLDER");
    }

    @Test
    void cacheThatOthersCanWriteIsRefused() throws Exception {
        assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("posix"), "needs modes of files");
        String natives = NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar")));
        Path open = Files.createDirectory(folder.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path cache = open.resolve("cache");
        List<String> options = List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache);
        assertHas(
                failure(options, natives),
                "other users may write " + open.toRealPath() + " (mode 777)",
                "-Dorg.bytedeco.javacpp.cachedir=FOLDER, a folder that only you can write");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertLoads(options, natives);
        Path library = find(cache, NativeFiles.LIBRARY);
        Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertHas(failure(options, natives), "other users may write " + library.toRealPath());
    }

    @Test
    void cacheInAStickyFolderIsOursOrRefused() throws Exception {
        assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("unix"), "needs modes of files");
        String natives = NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar")));
        Path cache = Files.createDirectory(folder.resolve("shared"));
        Files.setAttribute(cache, "unix:mode", 01777);
        List<String> options = List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache);
        assertLoads(options, natives);
        Path ours = find(cache, NativeFiles.LIBRARY).getParent();
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(ours)));
        assumeTrue("root".equals(System.getProperty("user.name")), "needs the right to give a folder away");
        for (String name : List.of(NativeFiles.LIBRARY, NativeFiles.OPENBLAS)) {
            Files.delete(ours.resolve(name));
        }
        Files.setAttribute(ours, "unix:uid", 12345);
        assertHas(failure(options, natives), "another user (12345) owns " + ours.toRealPath());
        try (Stream<Path> unpacked = Files.list(ours)) {
            assertEquals(0, unpacked.count());
        }
    }

    @Test
    void cacheOfAnotherUserIsRefused() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs the right to give a folder away");
        Path foreign = Files.createDirectories(folder.resolve("planted/cache"));
        Files.setAttribute(foreign.getParent(), "unix:uid", 12345);
        Path link = Files.createSymbolicLink(folder.resolve("link"), foreign);
        String natives = NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar")));
        for (Path cache : List.of(foreign, link)) {
            String message = failure(List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache), natives);
            assertHas(
                    message,
                    "another user (12345) owns " + foreign.getParent().toRealPath(),
                    "-Dorg.bytedeco.javacpp.cachedir=FOLDER, a folder that only you can write");
        }
        try (Stream<Path> unpacked = Files.list(foreign)) {
            assertEquals(0, unpacked.count());
        }
    }

    @Test
    void namedFolderThatOthersCanWriteIsRefused() throws Exception {
        assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("posix"), "needs modes of files");
        Path library = NativeFiles.copy(folder);
        Files.setPosixFilePermissions(library.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
        String message =
                failure(List.of("-Dsoftmax4j.library.path=" + library.getParent()), NativeFiles.without(e -> false));
        assertHas(message, "other users may write " + library.getParent().toRealPath(), "-Dsoftmax4j.library.path");
    }

    @Test
    void fullFileSystemOfTheCacheIsReportedAsSuch() throws Exception {
        Path cache = Files.createDirectory(folder.resolve("cache"));
        String mount = "mount -t tmpfs -o size=4m,mode=755 softmax4j " + cache;
        assumeTrue(canMount(mount), "needs the right to mount a file system");
        String natives = NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar")));
        List<String> java = command(java(), List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache), natives);
        assertHas(
                failure(mounted(mount, java)),
                "the file system of the folder that it is unpacked to is full",
                "-Dorg.bytedeco.javacpp.cachedir=FOLDER");
    }

    @Test
    void addressSpaceThatIsUsedUpIsReportedAsSuch() throws Exception {
        assumeTrue(PLATFORM.startsWith("linux"), "sets a limit of Linux");
        Emulator.skipWhatForbidsExecution();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "needs prlimit");
        ChildJvm.Outcome outcome = ChildJvm.run(NoAddressSpace.class, List.of("-Xmx64m"), Map.of());
        assertEquals(0, outcome.status(), outcome.output());
        assertHas(outcome.output(), "the process is out of memory or address space", "loads when there is some again");
    }

    @Test
    void interruptedThreadLoadsAndStaysInterrupted() throws Exception {
        String natives = NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar")));
        ChildJvm.Outcome outcome = ChildJvm.run(
                List.of(
                        java().toString(),
                        "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"),
                        "-cp",
                        natives,
                        Interrupted.class.getName()),
                Map.of());
        assertEquals(0, outcome.status(), outcome.output());
        assertHas(outcome.output(), "loaded by an interrupted thread, interrupted true");
    }

    @Test
    void cacheThatMayNotBeExecutedIsReportedWithTheProperty() throws Exception {
        Emulator.skipWhatForbidsExecution();
        Path cache = Files.createDirectory(folder.resolve("cache"));
        String mount = "mount -t tmpfs -o noexec,mode=755 softmax4j " + cache;
        assumeTrue(canMount(mount), "needs the right to mount a file system");
        String natives = NativeFiles.with(NativeFiles.jar(folder.resolve("natives.jar")));
        List<String> java = command(java(), List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache), natives);
        assertHas(
                failure(mounted(mount, java)),
                "files in its folder may not be executed",
                "-Dorg.bytedeco.javacpp.cachedir=FOLDER, a folder on a file system that is not mounted noexec");
    }

    @Test
    void deniedNativeAccessIsReportedWithTheOption() throws Exception {
        Path java = newJava();
        assumeTrue(java != null, "needs a JDK 24 or newer beside the one that runs");
        List<String> options = List.of("--illegal-native-access=deny");
        String message = failure(command(java, options, NativeFiles.without(e -> false)));
        assertHas(message, "this JVM denies access to native code", "--enable-native-access=ALL-UNNAMED");
        List<String> granted = List.of("--illegal-native-access=deny", "--enable-native-access=ALL-UNNAMED");
        assertEquals("", failure(command(java, granted, NativeFiles.without(e -> false))));
    }

    @Test
    void namedFolderWithoutTheLibraryIsReported() throws Exception {
        String message = failure(List.of("-Dsoftmax4j.library.path=" + folder), NativeFiles.without(e -> false));
        assertHas(message, "there is no file " + folder.resolve(NativeFiles.LIBRARY), "-Dsoftmax4j.library.path");
        String empty = failure(List.of("-Dsoftmax4j.library.path="), NativeFiles.without(e -> false));
        assertHas(empty, "-Dsoftmax4j.library.path names no folder", "name one, or leave it out");
    }

    @Test
    void namedFolderWithoutOpenBlasSaysWhatIsNeeded() throws Exception {
        Path library = NativeFiles.copy(folder);
        Path openBlas = library.resolveSibling(NativeFiles.OPENBLAS);
        Files.delete(openBlas);
        String message =
                failure(List.of("-Dsoftmax4j.library.path=" + library.getParent()), NativeFiles.without(e -> false));
        assertHas(message, "there is no file " + openBlas);
    }

    private static boolean canMount(String mount) throws Exception {
        return Files.isExecutable(Path.of("/usr/bin/unshare"))
                && ChildJvm.run(List.of("unshare", "-m", "sh", "-c", mount), Map.of())
                                .status()
                        == 0;
    }

    /** A command where something is mounted for it alone. */
    private static List<String> mounted(String mount, List<String> java) {
        List<String> command = new ArrayList<>(List.of("unshare", "-m", "sh", "-c", mount + " && exec \"$@\"", "sh"));
        command.addAll(java);
        return command;
    }

    private static void assertHas(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "'" + part + "' is not in: " + message);
        }
    }

    private static void assertLoads(List<String> options, String classPath) throws Exception {
        assertEquals("", failure(command(java(), options, classPath)));
    }

    private static String failure(List<String> options, String classPath) throws Exception {
        String message = failure(command(java(), options, classPath));
        assertTrue(message.startsWith("softmax4j "), message);
        return message;
    }

    /** The one message of all uses; empty where they succeed. */
    private static String failure(List<String> command) throws Exception {
        ChildJvm.Outcome outcome = ChildJvm.run(command, Map.of());
        assertEquals(0, outcome.status(), outcome.output());
        Set<String> messages = outcome.output()
                .lines()
                .filter(line -> line.startsWith(Uses.MARK))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(1, messages.size(), outcome.output());
        return messages.iterator().next().substring(Uses.MARK.length());
    }

    private static List<String> command(Path java, List<String> options, String classPath) {
        List<String> command = new ArrayList<>(List.of(java.toString(), "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, Uses.class.getName()));
        return command;
    }

    private static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** The java of a JDK that can deny native access: this one, or one beside it. */
    private static Path newJava() throws IOException {
        if (Runtime.version().feature() >= 24) {
            return java();
        }
        try (Stream<Path> homes =
                Files.list(Path.of(System.getProperty("java.home")).toRealPath().getParent())) {
            return homes.filter(home -> isNew(home.resolve("release")))
                    .map(home -> home.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElse(null);
        }
    }

    private static boolean isNew(Path release) {
        try (Stream<String> lines = Files.lines(release)) {
            return lines.anyMatch(line -> line.matches("JAVA_VERSION=\"(2[4-9]|[3-9]\\d)\\b.*"));
        } catch (IOException e) {
            return false;
        }
    }

    private static Path find(Path root, String name) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(name)).findFirst().orElseThrow();
        }
    }

    private static void write(Path path, long position, byte[] bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(position);
            file.write(bytes);
        }
    }

    private static void cut(Path path, long size) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            file.truncate(size);
        }
    }

    /** Other bytes, as many, which load all the same: the system's linker does not look at the end of a file. */
    private static void alter(Path library) throws IOException {
        write(library, Files.size(library) - 1, new byte[] {1});
    }

    /** What may happen to a file. */
    private interface Damage {
        void to(Path file) throws IOException;
    }

    /** Loads in an interrupted thread, with an empty cache. */
    static final class Interrupted {
        private Interrupted() {}

        public static void main(String[] args) {
            Thread.currentThread().interrupt();
            Softmax4j.kernels();
            System.out.println("loaded by an interrupted thread, interrupted " + Thread.interrupted());
        }
    }

    /** Loads without address space for OpenBLAS, and then with it. */
    static final class NoAddressSpace {
        private NoAddressSpace() {}

        public static void main(String[] args) throws Exception {
            long used = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmSize"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .sum();
            limit(Long.toString(used + (30L << 20)));
            try {
                Softmax4j.kernels();
            } catch (SoftmaxException e) {
                System.out.println(e.getMessage());
            }
            limit("unlimited");
            Softmax4j.kernels();
            System.out.println("loads when there is some again");
        }

        private static void limit(String bytes) throws Exception {
            String pid = Long.toString(ProcessHandle.current().pid());
            int status = new ProcessBuilder("prlimit", "--pid", pid, "--as=" + bytes + ":unlimited")
                    .inheritIO()
                    .start()
                    .waitFor();
            assertEquals(0, status);
        }
    }

    /** Uses the library in three ways, one after the other, and prints for each why it failed. */
    static final class Uses {

        static final String MARK = "failure: ";

        private Uses() {}

        public static void main(String[] args) {
            use(() -> Softmax4j.kernels());
            use(() ->
                    Dataset.ofFloats(new float[][] {{1}, {2}}, new int[] {0, 1}).close());
            use(() -> SoftmaxFunctions.softmax(new float[] {1, 2}, new float[2], 2));
        }

        private static void use(Runnable use) {
            try {
                use.run();
                System.out.println(MARK);
            } catch (SoftmaxException e) {
                boolean linkError = e.getCause() instanceof UnsatisfiedLinkError;
                System.out.println(MARK + e.getMessage() + (linkError ? "" : " BUT ITS CAUSE IS " + e.getCause()));
            }
        }
    }
}
