package io.jrun.image.convert;

import io.jrun.image.convert.RootfsInput.RestingRootfs;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.MemoryContent;
import io.jrun.image.writer.tar.TarTreeWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/** A root filesystem as one tar, in the order of its tree. */
final class TarTarget {

    /** Documents of ours, beside contents that lie elsewhere. */
    static final ContentStore MEMORY =
            (data, sizeInBytes) -> new MemoryContent(data.readNBytes(Math.toIntExact(sizeInBytes)));

    private static final int BUFFER_SIZE = 256 * 1024;

    private final OutputFormat.Tar format;

    TarTarget(OutputFormat.Tar format) {
        this.format = format;
    }

    ConversionResult write(Conversion conversion, OutputFile output) throws IOException {
        ConversionRequest request = conversion.request();
        try (Conversion.Resting resting = conversion.atRest();
                FileChannel channel = FileChannel.open(output.temporary(), StandardOpenOption.WRITE)) {
            Rootfs rootfs = resting.rootfs().rootfs();
            FileTree tree = conversion.complete(rootfs, MEMORY);
            OutputStream compressed = format.compression()
                    .open(
                            new BufferedOutputStream(Unclosed.of(Channels.newOutputStream(channel)), BUFFER_SIZE),
                            format.level(),
                            Conversion.threads());
            long sockets = writeTar(tree, resting.rootfs(), request, compressed);
            compressed.close();
            channel.force(true);
            long sizeInBytes = Files.size(output.temporary());
            output.publish();
            return new ConversionResult(
                    request.output(),
                    sizeInBytes,
                    rootfs.provenance(),
                    rootfs.report(),
                    rootfs.told(socketNotes(sockets)),
                    Map.of());
        }
    }

    /** Returns how many sockets there were. */
    static long writeTar(FileTree tree, RestingRootfs resting, ConversionRequest request, OutputStream out)
            throws IOException {
        ContentSource contents = resting.contents();
        TarTreeWriter writer = new TarTreeWriter(out, contents, Owners.rule(request.ownership()));
        writer.write(tree);
        out.flush();
        return writer.sockets();
    }

    static List<String> socketNotes(long sockets) {
        return sockets == 0
                ? List.of()
                : List.of(sockets + " sockets are empty files to other tools than jrun and star");
    }
}
