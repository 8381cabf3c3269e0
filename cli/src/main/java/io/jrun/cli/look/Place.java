package io.jrun.cli.look;

import io.jrun.image.browse.PathResolver;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.browse.TreeView;
import io.jrun.posix.ByteString;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/**
 * A path in an open tree.
 *
 * @param path empty when none was given; the root is meant then
 */
public record Place(TreeView view, Optional<ByteString> path) implements Closeable {

    PathResolver.Found find(LastLink lastLink) throws IOException {
        return PathResolver.find(view, path.map(ByteString::toBytes).orElse(new byte[0]), lastLink);
    }

    @Override
    public void close() throws IOException {
        view.close();
    }
}
