package io.github.softmax4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A fit whose thread is interrupted ends between two steps. */
class InterruptionTest {

    @Test
    void interruptedFitEndsWithTheModelSoFar() {
        try (Dataset data = Toy.dataset(40)) {
            SoftmaxModel two = TrainerTest.trainer(2).build().fit(data);
            SoftmaxTrainer trainer = TrainerTest.trainer(1000)
                    .listener(p -> {
                        if (p.epoch() == 2) {
                            Thread.currentThread().interrupt();
                        }
                    })
                    .build();
            var e = assertThrows(TrainingInterruptedException.class, () -> trainer.fit(data));
            assertTrue(Thread.interrupted(), "the status is still set");
            assertEquals(6, e.steps());
            assertTrue(e.getMessage().contains("interrupted after 6 steps, in epoch 3"), e.getMessage());
            assertArrayEquals(two.weights(), e.model().weights());
            assertEquals(3, trainer(data).classes(), "a fit that is not interrupted goes on to its end");
        }
    }

    private static SoftmaxModel trainer(Dataset data) {
        return TrainerTest.trainer(1).build().fit(data);
    }

    @Test
    void threadThatIsInterruptedAlreadyMakesNoStep() {
        try (Dataset data = Toy.dataset(40)) {
            Thread.currentThread().interrupt();
            var e = assertThrows(
                    TrainingInterruptedException.class,
                    () -> TrainerTest.trainer(2).build().fit(data));
            assertTrue(Thread.interrupted());
            assertEquals(0, e.steps());
            assertArrayEquals(new double[6], e.model().weights());
        } finally {
            Thread.interrupted();
        }
    }
}
