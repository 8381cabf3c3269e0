package io.jrun.image.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.reference.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ReadAheadInputStreamTest {

    private static byte[] randomBytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static ReadAheadInputStream start(
            ReadAheadInputStream.Opener source, ReadAheadInputStream.DigestCheck check) {
        return ReadAheadInputStream.start("test", source, Digest.hasher(Digest.Algorithm.SHA256), check);
    }

    @Test
    void bytesComeThroughUnchangedWithTheirDigest() throws Exception {
        for (int size : new int[] {0, 1, 262_143, 262_144, 262_145, 5_000_000}) {
            byte[] bytes = randomBytes(size);
            AtomicReference<Digest> seen = new AtomicReference<>();
            try (InputStream in = start(() -> new ByteArrayInputStream(bytes), seen::set)) {
                assertArrayEquals(bytes, in.readAllBytes());
                assertEquals(-1, in.read(), "the end is stable");
            }
            assertEquals(Digest.of(Digest.Algorithm.SHA256, bytes), seen.get());
        }
    }

    @Test
    void withoutADigestTheBytesAreTheSameAndFailuresToo() throws Exception {
        byte[] bytes = randomBytes(600_000);
        try (InputStream in = ReadAheadInputStream.start("test", () -> new ByteArrayInputStream(bytes))) {
            assertArrayEquals(bytes, in.readAllBytes());
            assertEquals(-1, in.read(), "the end is stable");
        }
        IOException broken = new IOException("broken");
        try (InputStream in = ReadAheadInputStream.start("test", () -> {
            throw broken;
        })) {
            assertSame(broken, assertThrows(IOException.class, in::read));
        }
    }

    @Test
    void buffersAreFilledLikeArrays() throws Exception {
        byte[] bytes = randomBytes(600_000);
        ByteBuffer found = ByteBuffer.allocateDirect(bytes.length + 1);
        try (ReadAheadInputStream in = ReadAheadInputStream.start("test", () -> new ByteArrayInputStream(bytes))) {
            int count = in.read(found);
            while (count > 0) {
                count = in.read(found);
            }
            assertEquals(-1, count, "the end");
        }
        assertEquals(ByteBuffer.wrap(bytes), found.flip());
    }

    @Test
    void aWrongDigestIsThrownBeforeTheEndIsSeen() throws Exception {
        CorruptDataException wrong = new CorruptDataException(Failure.of("use it", "wrong"));
        try (InputStream in = start(() -> new ByteArrayInputStream(new byte[1000]), digest -> {
            throw wrong;
        })) {
            assertSame(wrong, assertThrows(CorruptDataException.class, in::readAllBytes));
        }
    }

    @Test
    void aFailureOfTheSourceComesAfterTheBytesBeforeIt() throws Exception {
        IOException broken = new IOException("broken");
        InputStream tail = new InputStream() {
            @Override
            public int read() throws IOException {
                throw broken;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                throw broken;
            }
        };
        try (InputStream in =
                start(() -> new SequenceInputStream(new ByteArrayInputStream(randomBytes(262_144)), tail), digest -> {
                    throw new AssertionError("a broken stream has no digest");
                })) {
            assertEquals(262_144, in.readNBytes(262_144).length);
            assertSame(broken, assertThrows(IOException.class, in::read));
        }
    }

    @Test
    void aFailureIsNotTheEndOfTheStreamTheSecondTime() throws Exception {
        IOException broken = new IOException("broken");
        try (InputStream in = start(
                () -> {
                    throw broken;
                },
                digest -> {})) {
            assertSame(broken, assertThrows(IOException.class, in::read));
            assertSame(broken, assertThrows(IOException.class, in::read));
        }
    }

    @Test
    void aFaultOfTheDigestCheckReachesTheReader() {
        IllegalStateException fault = new IllegalStateException("fault");
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (InputStream in = start(() -> new ByteArrayInputStream(new byte[10]), digest -> {
                throw fault;
            })) {
                assertSame(fault, assertThrows(IllegalStateException.class, in::readAllBytes));
            }
        });
    }

    @Test
    void anInterruptedReaderStopsWaiting() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        InputStream silent = new InputStream() {
            @Override
            public int read() throws IOException {
                try {
                    never.await();
                    return -1;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException();
                }
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return read();
            }
        };
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (InputStream in = start(() -> silent, digest -> {})) {
                Thread.currentThread().interrupt();
                assertThrows(InterruptedIOException.class, in::read);
                assertEquals(true, Thread.interrupted(), "whoever closes still sees the interrupt");
            }
        });
    }

    @Test
    void skippingCountsLikeReading() throws Exception {
        byte[] bytes = randomBytes(1_000_000);
        try (InputStream in = start(() -> new ByteArrayInputStream(bytes), digest -> {})) {
            assertEquals(700_000, in.skip(700_000));
            assertEquals(bytes[700_000] & 0xff, in.read());
            assertEquals(299_999, in.skip(1_000_000));
        }
    }

    @Test
    void closingEarlyEndsTheSource() {
        CountDownLatch closed = new CountDownLatch(1);
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                Arrays.fill(buffer, offset, offset + length, (byte) 0);
                return length;
            }

            @Override
            public void close() {
                closed.countDown();
            }
        };
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (InputStream in = start(() -> endless, digest -> {})) {
                assertEquals(0, in.read());
            }
            assertEquals(0, closed.getCount(), "the source was closed");
        });
    }
}
