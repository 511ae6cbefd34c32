package io.github.softmax4j;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.github.softmax4j.internal.NativeLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.module.ModuleDescriptor;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the jars say of themselves to the module path and to native-image. */
class ModulesTest {

    private static final String NATIVE =
            "io.github.softmax4j." + NativeLibrary.platform().replace('-', '.');

    @Test
    void theMainModuleExportsTheApiAloneAndRequiresJavaCppBesideTheJdkAlone() throws Exception {
        ModuleDescriptor main = modules().get("io.github.softmax4j");
        assertEquals(
                Set.of("io.github.softmax4j"),
                main.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
        assertFalse(main.isOpen());
        assertEquals(Set.of("java.base", "jdk.management", "org.bytedeco.javacpp"), required(main));
    }

    @Test
    void theNativeLibraryIsInAModuleNamedAfterItsPlatform() throws Exception {
        ModuleDescriptor library = modules().get(NATIVE);
        assertTrue(library.isOpen());
        assertEquals(Set.of("java.base", "io.github.softmax4j"), required(library));
    }

    @Test
    void nativeImageKeepsTheLibrary() throws Exception {
        String library = "io/github/softmax4j/internal/" + NativeLibrary.platform() + "/"
                + Path.of(Softmax4j.libraryPath()).getFileName();
        String config = "/META-INF/native-image/" + NativeLibrary.platform() + "/jnisoftmax4j/resource-config.json";
        try (InputStream in = ModulesTest.class.getResourceAsStream(config)) {
            String pattern = JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .getAsJsonObject()
                    .getAsJsonArray("resources")
                    .get(0)
                    .getAsJsonObject()
                    .get("pattern")
                    .getAsString();
            assertTrue(library.matches(pattern), () -> pattern + " does not match " + library);
        }
    }

    private static Set<String> required(ModuleDescriptor module) {
        return module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet());
    }

    /** Of the class path, by name. */
    private static Map<String, ModuleDescriptor> modules() throws IOException {
        Map<String, ModuleDescriptor> modules = new HashMap<>();
        for (URL url : Collections.list(ModulesTest.class.getClassLoader().getResources("module-info.class"))) {
            try (InputStream in = url.openStream()) {
                ModuleDescriptor module = ModuleDescriptor.read(in);
                modules.put(module.name(), module);
            }
        }
        return modules;
    }
}
