package io.jrun.image.registry;

import java.io.IOException;
import java.net.URI;

/** A request that the network broke off, with the address that was asked: often not the registry's. Never leaves this package. */
final class NetworkException extends IOException {

    private static final long serialVersionUID = 1L;

    private final URI target;
    private final IOException reason;

    NetworkException(URI target, IOException reason) {
        super(reason);
        this.target = target;
        this.reason = reason;
    }

    URI target() {
        return target;
    }

    /** As the JDK threw it. */
    IOException reason() {
        return reason;
    }
}
