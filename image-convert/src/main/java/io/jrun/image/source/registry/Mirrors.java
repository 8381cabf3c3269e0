package io.jrun.image.source.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.image.registry.RegistryClient;
import io.jrun.image.source.TransferListener;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The places that one image may come from, asked in order until one has it. A mirror that fails is not asked again; one
 * that merely lacks something is. Safe for use by several threads.
 */
final class Mirrors {

    private static final Logger log = LoggerFactory.getLogger(Mirrors.class);

    /** Something to ask a registry for. */
    @FunctionalInterface
    interface Request<T> {
        T from(RegistryClient client) throws IOException;
    }

    private final List<RegistryClient> clients;
    private final TransferListener listener;
    private final Set<RegistryClient> failed = ConcurrentHashMap.newKeySet();
    private final Set<RegistryClient> served = ConcurrentHashMap.newKeySet();

    /** @param clients one or more, the primary one last */
    Mirrors(List<RegistryClient> clients, TransferListener listener) {
        this.clients = List.copyOf(clients);
        this.listener = listener;
    }

    RegistryClient primary() {
        return clients.get(clients.size() - 1);
    }

    /** The first answer that is one; what the primary says is final. */
    <T> T ask(String what, Request<T> request) throws IOException {
        for (RegistryClient mirror : clients.subList(0, clients.size() - 1)) {
            if (!failed.contains(mirror)) {
                try {
                    T answer = request.from(mirror);
                    tellServed(mirror, what);
                    return answer;
                } catch (NotFoundException absent) {
                    log.debug("mirror {} lacks {}", mirror.repository(), what);
                } catch (TransferException | DeniedException | CorruptDataException e) {
                    giveUp(mirror, e);
                }
            }
        }
        return request.from(primary());
    }

    private void tellServed(RegistryClient mirror, String what) {
        log.debug("{} came from mirror {}", what, mirror.repository());
        if (served.add(mirror)) {
            listener.noticed("served by mirror " + mirror.repository());
        }
    }

    private void giveUp(RegistryClient mirror, JrunException e) {
        if (failed.add(mirror)) {
            listener.noticed(
                    "mirror " + mirror.repository() + " fails: " + e.failure().why());
        }
    }
}
