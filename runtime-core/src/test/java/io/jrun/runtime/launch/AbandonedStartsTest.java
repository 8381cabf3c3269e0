package io.jrun.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jrun.runtime.host.KernelFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of starts, some of them with living processes and locks behind them. */
class AbandonedStartsTest {

    /** Above what the kernel gives out. Source: proc_sys_kernel(5), pid_max. */
    private static final long NO_PROCESS = 1L << 30;

    @TempDir
    Path directory;

    private String boot = "";
    private final Instant now = Instant.now();
    private final AbandonedStarts starts = new AbandonedStarts(new KernelFiles(), now);

    @BeforeEach
    void readBoot() throws IOException {
        boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }

    private Path aged(Path path, Duration age) throws IOException {
        return Files.setLastModifiedTime(path, FileTime.from(now.minus(age)));
    }

    private Path join(String boot, long namespace, long process) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
        content.putLong(namespace).putLong(process);
        Path file = directory.resolve("join-group-key-k-" + boot);
        return aged(Files.write(file, content.array()), Duration.ofMinutes(5));
    }

    private static long ownNamespace() throws IOException {
        String link = Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString();
        return Long.parseLong(link.substring("mnt:[".length(), link.length() - 1));
    }

    @Test
    void draftsAndFilesWithoutTheirPlanAreFoundWhenOld() throws IOException {
        Path draft = Files.createDirectory(directory.resolve(".tmp-12-ab"));
        Path orphan = Files.createDirectory(directory.resolve("1234.5678"));
        Files.createFile(directory.resolve("abcd"));
        Path used = Files.createDirectory(directory.resolve("abcd.ef01"));
        Files.createFile(directory.resolve(".tmp-young"));
        for (Path old : List.of(draft, orphan, used)) {
            aged(old, Duration.ofHours(2));
        }

        assertEquals(List.of(draft, orphan), starts.inPlans(directory));
    }

    @Test
    void directoryThatIsNotThereHoldsNothing() throws IOException {
        assertEquals(List.of(), starts.inPlans(directory.resolve("none")));
    }

    @Test
    void lockIsFoundUnlessItIsHeldOrNew() throws IOException {
        Path locks = Files.createDirectory(directory.resolve("locks"));
        Path free = aged(Files.createFile(locks.resolve("1")), Duration.ofMinutes(5));
        Path held = aged(Files.createFile(locks.resolve("2")), Duration.ofMinutes(5));
        Files.createFile(locks.resolve("3"));

        try (FileChannel channel = FileChannel.open(held, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            assertEquals(true, lock.isValid());
            assertEquals(List.of(free), starts.locks(directory));
        }
    }

    @Test
    void meetingPointOfALivingProcessIsKept() throws IOException {
        join(boot, ownNamespace(), ProcessHandle.current().pid());

        assertEquals(List.of(), starts.joins(directory));
    }

    @Test
    void meetingPointIsFoundWhenItsProcessIsGone() throws IOException {
        Path file = join(boot, ownNamespace(), NO_PROCESS);

        assertEquals(List.of(file), starts.joins(directory));
    }

    @Test
    void processOfTheSameNumberInAnotherNamespaceIsAnother() throws IOException {
        Path file = join(boot, 1, ProcessHandle.current().pid());

        assertEquals(List.of(file), starts.joins(directory));
    }

    @Test
    void meetingPointOfAnotherBootIsFoundWhateverItSays() throws IOException {
        Path file = join(
                "00000000-0000-0000-0000-000000000000",
                ownNamespace(),
                ProcessHandle.current().pid());

        assertEquals(List.of(file), starts.joins(directory));
    }

    @Test
    void meetingPointWithHalfAnEntryHasNobody() throws IOException {
        Path file = Files.write(directory.resolve("join-x-" + boot), new byte[] {1, 2, 3});
        aged(file, Duration.ofMinutes(5));

        assertEquals(List.of(file), starts.joins(directory));
    }

    @Test
    void newMeetingPointIsKept() throws IOException {
        Files.createFile(directory.resolve("join-x-" + boot));

        assertEquals(List.of(), starts.joins(directory));
    }
}
