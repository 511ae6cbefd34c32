package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.softmax4j.internal.NativeApi;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What users see, and that both sides of the C ABI agree. */
class ApiHygieneTest {

    @Test
    void noPublicSignatureMentionsTheBinding() throws Exception {
        List<Class<?>> classes = publicClasses();
        assertTrue(classes.size() > 20, () -> "found only " + classes);
        for (Class<?> c : classes) {
            List<Type> types = new ArrayList<>();
            types.add(c.getGenericSuperclass());
            types.addAll(Arrays.asList(c.getGenericInterfaces()));
            List<AnnotatedElement> members = new ArrayList<>();
            members.addAll(Arrays.asList(c.getDeclaredFields()));
            members.addAll(Arrays.asList(c.getDeclaredMethods()));
            members.addAll(Arrays.asList(c.getDeclaredConstructors()));
            for (AnnotatedElement member : members) {
                if (member instanceof Field f && visible(f.getModifiers())) {
                    types.add(f.getGenericType());
                } else if (member instanceof Executable e && visible(e.getModifiers())) {
                    types.addAll(Arrays.asList(e.getGenericParameterTypes()));
                    types.addAll(Arrays.asList(e.getGenericExceptionTypes()));
                    if (e instanceof Method m) {
                        types.add(m.getGenericReturnType());
                    }
                }
            }
            for (Type type : types) {
                if (type != null) {
                    assertFalse(type.getTypeName().contains("org.bytedeco"), c + " mentions " + type);
                    assertFalse(type.getTypeName().contains(".internal."), c + " mentions " + type);
                }
            }
        }
    }

    @Test
    void publicClassesAreFinalInterfacesOrExceptions() throws Exception {
        for (Class<?> c : publicClasses()) {
            assertTrue(
                    Modifier.isFinal(c.getModifiers())
                            || c.isInterface()
                            || c.isEnum()
                            || RuntimeException.class.isAssignableFrom(c),
                    c::toString);
            for (Constructor<?> constructor : c.getDeclaredConstructors()) {
                assertTrue(!visible(constructor.getModifiers())
                        || !c.getSimpleName().endsWith("Builder"));
            }
        }
    }

    @Test
    void constantsAgreeWithTheHeader() throws IOException {
        Map<String, Integer> header = headerConstants();
        assertEquals(header.get("S4J_OK"), NativeApi.OK);
        assertEquals(header.get("S4J_BAD_ARGUMENT"), NativeApi.BAD_ARGUMENT);
        assertEquals(header.get("S4J_NO_MEMORY"), NativeApi.NO_MEMORY);
        assertEquals(header.get("S4J_NON_FINITE"), NativeApi.NON_FINITE);
        assertEquals(header.get("S4J_UNSUPPORTED"), NativeApi.UNSUPPORTED);
        assertEquals(header.get("S4J_F32"), ElementType.FLOAT32.code());
        assertEquals(header.get("S4J_F64"), ElementType.FLOAT64.code());
        assertEquals(header.get("S4J_SOFTMAX"), NativeApi.SOFTMAX);
        assertEquals(header.get("S4J_LOG_SOFTMAX"), NativeApi.LOG_SOFTMAX);
        assertEquals(header.get("S4J_LOG_SUM_EXP"), NativeApi.LOG_SUM_EXP);
        assertEquals(header.get("S4J_LOSS"), NativeApi.LOSS);
        assertEquals(header.get("S4J_LOSS_GRADIENT"), NativeApi.LOSS_GRADIENT);
        assertEquals(header.get("S4J_TRAINING"), NativeApi.TRAINING);
        assertEquals(header.get("S4J_PREDICTION"), NativeApi.PREDICTION);
        assertEquals(header.get("S4J_POOL_BYTES"), NativeApi.POOL_BYTES);
        assertEquals(header.get("S4J_HYPER"), NativeApi.HYPER);
        assertEquals(header.get("S4J_SLOTS"), NativeApi.SLOTS);
        assertEquals(header.get("S4J_L1"), NativeApi.L1);
        assertEquals(header.get("S4J_DECAY"), NativeApi.DECAY);
        assertEquals(header.get("S4J_LOWER"), NativeApi.LOWER);
        assertEquals(header.get("S4J_UPPER"), NativeApi.UPPER);
        assertEquals(header.get("S4J_CLIP_VALUE"), NativeApi.CLIP_VALUE);
        assertEquals(header.get("S4J_CLIP_NORM"), NativeApi.CLIP_NORM);
        assertEquals(header.get("S4J_STEP_OPTIONS"), NativeApi.STEP_OPTIONS);
        assertEquals(header.get("S4J_SMALL"), Problem.SMALL);
        assertEquals(header.get("S4J_MEDIUM"), Problem.MEDIUM);
        assertEquals(header.get("S4J_LARGE"), Problem.LARGE);
    }

    @Test
    void everyOptimizerHasARuleOfTheHeader() throws IOException {
        Map<String, Integer> header = headerConstants();
        Map<Optimizer, String> rules = Map.of(
                new Sgd(1), "S4J_SGD",
                new Momentum(1, 0.5), "S4J_MOMENTUM",
                new Nesterov(1, 0.5), "S4J_NESTEROV",
                new AdaGrad(1), "S4J_ADAGRAD",
                new RmsProp(1), "S4J_RMSPROP",
                new Adam(1), "S4J_ADAM",
                new AdamW(1, 0), "S4J_ADAM");
        Set<Class<?>> covered = new java.util.HashSet<>();
        rules.forEach((optimizer, rule) -> {
            covered.add(optimizer.getClass());
            NativeRule actual = NativeRule.of(optimizer, ElementType.FLOAT32);
            assertEquals(header.get(rule), actual.code, optimizer::toString);
            assertEquals(NativeApi.HYPER, actual.hyper.length);
            assertEquals(optimizer.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT), optimizer.name());
        });
        assertEquals(Set.of(Optimizer.class.getPermittedSubclasses()), covered);
    }

    @Test
    void hyperParametersStandInTheOrderOfTheHeader() {
        assertHyper(new Momentum(1, 0.5, 0.25, Momentum.Convention.PYTORCH), 0.5, 0.25, 1);
        assertHyper(new Momentum(1, 0.5), 0.5, 0, 0);
        assertHyper(new Nesterov(1, 0.5), 0.5);
        assertHyper(new AdaGrad(1, 2, 3, 4), 2, 3, 4);
        assertHyper(new RmsProp(1, 0.5, 2, 0.25, true), 0.5, 2, 0.25, 1);
        assertHyper(new Adam(1, 0.5, 0.25, 2, true), 0.5, 0.25, 2, 1, 0);
        assertHyper(new AdamW(1, 3, 0.5, 0.25, 2, false), 0.5, 0.25, 2, 0, 3);
    }

    private static void assertHyper(Optimizer optimizer, double... expected) {
        assertTrue(
                Arrays.equals(
                        Arrays.copyOf(expected, NativeApi.HYPER), NativeRule.of(optimizer, ElementType.FLOAT32).hyper),
                optimizer::toString);
    }

    @Test
    void bindingHasEveryFunctionOfTheHeader() throws IOException {
        Set<String> declared = new TreeSet<>();
        Matcher matcher = Pattern.compile("S4J_API [^(;]*?(s4j_\\w+)\\(").matcher(header());
        while (matcher.find()) {
            declared.add(matcher.group(1));
        }
        assertTrue(declared.size() > 20, declared::toString);
        Set<String> bound = new TreeSet<>();
        for (Method method : NativeApi.class.getDeclaredMethods()) {
            if (Modifier.isNative(method.getModifiers())) {
                var name = method.getAnnotation(org.bytedeco.javacpp.annotation.Name.class);
                bound.add(name == null ? method.getName() : name.value()[0]);
            }
        }
        assertEquals(declared, bound);
    }

    /** Names and values of all enumerators. */
    private static Map<String, Integer> headerConstants() throws IOException {
        Map<String, Integer> constants = new HashMap<>();
        Matcher matcher = Pattern.compile("(S4J_\\w+)\\s*=\\s*(\\d+)").matcher(header());
        while (matcher.find()) {
            constants.put(matcher.group(1), Integer.valueOf(matcher.group(2)));
        }
        return constants;
    }

    private static String header() throws IOException {
        return Files.readString(Path.of("native", "include", "softmax4j.h"));
    }

    private static boolean visible(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private static List<Class<?>> publicClasses() throws Exception {
        URI folder = Softmax4j.class.getResource("Softmax4j.class").toURI();
        List<Class<?>> classes = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of(folder).getParent())) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class") && !name.equals("package-info.class")) {
                    Class<?> c = Class.forName(
                            "io.github.softmax4j." + name.substring(0, name.length() - ".class".length()),
                            false,
                            Softmax4j.class.getClassLoader());
                    if (Modifier.isPublic(c.getModifiers())) {
                        classes.add(c);
                    }
                }
            }
        }
        for (Class<?> c : classes) {
            if (c.isRecord()) {
                for (RecordComponent component : c.getRecordComponents()) {
                    assertFalse(component.getGenericType().getTypeName().contains("org.bytedeco"));
                }
            }
        }
        return classes;
    }
}
