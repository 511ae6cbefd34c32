package consumer

import io.github.softmax4j.Adam
import io.github.softmax4j.Dataset
import io.github.softmax4j.SoftmaxTrainer
import java.nio.ByteBuffer
import java.security.MessageDigest
import java.util.HexFormat
import java.util.Random

/** The training of ../java/consumer/Train.java, from Kotlin: the same rows, the same weights. */
fun main() {
    val random = Random(7)
    val centres = Array(5) { DoubleArray(20) { 0.8 * random.nextGaussian() } }
    val y = IntArray(2_000)
    val x = Array(y.size) { i ->
        y[i] = random.nextInt(centres.size)
        DoubleArray(20) { d -> centres[y[i]][d] + random.nextGaussian() }
    }
    val train = 0 until 1_500
    val test = 1_500 until 2_000

    val model = Dataset.ofDoubles(x.sliceArray(train), y.sliceArray(train)).use { data ->
        SoftmaxTrainer.builder()
            .optimizer(Adam(0.01))
            .l2(1e-4)
            .epochs(20)
            .batchSize(32)
            .seed(42)
            .build()
            .fit(data)
    }
    Dataset.ofDoubles(x.sliceArray(test), y.sliceArray(test)).use { data ->
        println("accuracy ${model.evaluate(data).accuracy()}")
    }
    println("weights ${sha256(model.weights())}")
}

private fun sha256(values: DoubleArray): String {
    val bytes = ByteBuffer.allocate(values.size * Double.SIZE_BYTES)
    bytes.asDoubleBuffer().put(values)
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()))
}
