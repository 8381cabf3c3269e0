package io.jrun.runtime.plan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Structures as the starter and the kernel of both machines read them. */
final class LittleEndian {

    private LittleEndian() {}

    /** {@code size} zero bytes to put into, and to take as an array. */
    static ByteBuffer buffer(int size) {
        return view(new byte[size]);
    }

    static byte[] ints(int... values) {
        byte[] bytes = new byte[values.length * 4];
        ByteBuffer ints = view(bytes);
        for (int value : values) {
            ints.putInt(value);
        }
        return bytes;
    }

    static ByteBuffer view(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
