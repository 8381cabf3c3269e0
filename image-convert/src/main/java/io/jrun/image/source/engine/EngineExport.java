package io.jrun.image.source.engine;

import java.io.IOException;
import java.io.InputStream;

/** An image that an engine keeps, as it gives it away. */
public interface EngineExport {

    /**
     * A tar stream as {@code docker save} writes it, of this image alone. The read that meets the end throws if the engine
     * failed meanwhile. The caller closes it.
     *
     * @throws io.jrun.error.NotFoundException when the engine has no such image
     * @throws io.jrun.error.HostUnsupportedException when no such engine answers on this machine
     */
    InputStream open() throws IOException;
}
