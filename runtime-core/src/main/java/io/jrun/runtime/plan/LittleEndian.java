package io.jrun.runtime.plan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;

/** Structures as the starter and the kernel of both machines read them. */
final class LittleEndian {

    private LittleEndian() {}

    /** An array of {@code size} bytes, zero but for what {@code fill} puts. */
    static byte[] bytes(int size, Consumer<ByteBuffer> fill) {
        byte[] bytes = new byte[size];
        fill.accept(view(bytes));
        return bytes;
    }

    static byte[] ints(List<Integer> values) {
        return bytes(values.size() * 4, to -> values.forEach(to::putInt));
    }

    static ByteBuffer view(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
