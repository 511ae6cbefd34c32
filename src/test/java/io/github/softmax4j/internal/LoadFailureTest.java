package io.github.softmax4j.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages of failures that this machine cannot have: the words of other systems' linkers, in a process that is made up. */
class LoadFailureTest {

    private static final Versions VERSIONS = new Versions("1.2.3", "4.5.6");

    @Test
    void muslIsToldByTheFilesOfTheProcess() {
        UnsatisfiedLinkError error = linkError("Error relocating libgfortran.so.5: __memcpy_chk: symbol not found");
        String message = message(error, surroundings("7f00-7f01 r-xp 0 fe:00 1 /lib/ld-musl-x86_64.so.1\n", ""));
        assertTrue(message.contains("is musl, the native libraries need glibc 2.34 or newer"), message);
        assertTrue(message.contains("Debian 12 or Ubuntu 22.04 instead of Alpine"), message);
    }

    @Test
    void oldGlibcIsToldByTheVersionThatIsNotFound() {
        UnsatisfiedLinkError error =
                linkError("/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by"
                        + " /root/.javacpp/cache/libjniopenblas_nolapack.so)");
        String message = message(error, surroundings("7f00-7f01 r-xp 0 fe:00 1 /lib/ld-linux-x86-64.so.2\n", ""));
        assertTrue(
                message.contains("the C library of this system is too old: version `GLIBC_2.34' not found (required by"
                        + " /root/.javacpp/cache/libjniopenblas_nolapack.so)"),
                message);
        assertTrue(message.contains("glibc 2.34 or newer: Debian 12, Ubuntu 22.04, RHEL 9"), message);
    }

    @Test
    void missingLibraryOfTheSystemIsNamed() {
        String message = message(
                linkError("/cache/libjnisoftmax4j.so: libstdc++.so.6: cannot open shared object file: No such file or"
                        + " directory"),
                surroundings("", ""));
        assertTrue(message.contains("it needs libstdc++.so.6, which is not there"), message);
    }

    @Test
    void deniedAccessOnTheModulePathNamesTheModules() {
        ExceptionInInitializerError error = new ExceptionInInitializerError(new RuntimeException(
                "java.lang.IllegalCallerException: Illegal native access from module org.bytedeco.javacpp"));
        String message = message(error, surroundings("", "io.github.softmax4j"));
        assertTrue(message.contains("--enable-native-access=org.bytedeco.javacpp,io.github.softmax4j"), message);
    }

    @Test
    void missingJarOnTheModulePathSaysHowModulesAreAdded() {
        String message = message(
                new UnsatisfiedLinkError("x"),
                surroundings(
                        "",
                        "io.github.softmax4j",
                        List.of(new LoadFailure.MissingJar("g:softmax4j:1:linux-x86_64", "x/lib.so"))));
        assertTrue(
                message.contains(
                        "add g:softmax4j:1:linux-x86_64 to the module path, and --add-modules ALL-MODULE-PATH"),
                message);
    }

    @Test
    void messageTellsVersionPlatformAndWhatWasLookedFor() {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError("something new");
        LoadFailure failure = LoadFailure.of(error, surroundings("", ""));
        assertSame(error, failure.cause());
        assertEquals(
                "softmax4j 1.2.3 cannot load its native library on linux-x86_64: something new; looked for"
                        + " io/github/softmax4j/internal/linux-x86_64/" + System.mapLibraryName("jnisoftmax4j")
                        + "; to fix it: see the cause; docs/loading.md explains how loading works",
                failure.message());
    }

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, linux-x86_64",
        "Linux, aarch64, linux-arm64",
        "Linux, riscv64, linux-riscv64",
        "Windows 11, amd64, windows-x86_64",
        "Mac OS X, aarch64, macosx-arm64",
        "Mac OS X, x86_64, macosx-x86_64"
    })
    void platformsHaveTheirNamesWithoutJavaCppToo(String system, String architecture, String platform) {
        assertEquals(platform, NativeLibrary.platform(system, architecture));
    }

    /** As JavaCPP throws it: the outer message misleads. */
    private static UnsatisfiedLinkError linkError(String root) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError("no jniopenblas_nolapack in java.library.path: /usr/lib");
        error.initCause(new UnsatisfiedLinkError(root));
        return error;
    }

    private static LoadFailure.Surroundings surroundings(String mappedFiles, String module) {
        return surroundings(mappedFiles, module, List.of());
    }

    private static LoadFailure.Surroundings surroundings(
            String mappedFiles, String module, List<LoadFailure.MissingJar> missing) {
        return new LoadFailure.Surroundings("linux-x86_64", VERSIONS, mappedFiles, false, missing, module);
    }

    private static String message(Throwable error, LoadFailure.Surroundings surroundings) {
        return LoadFailure.of(error, surroundings).message();
    }
}
