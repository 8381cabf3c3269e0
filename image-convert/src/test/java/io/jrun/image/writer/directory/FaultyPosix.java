package io.jrun.image.writer.directory;

import io.jrun.posix.Errno;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The real system calls, of which the n-th of one kind fails; can also pretend to be another user. */
final class FaultyPosix {

    private final Posix real;
    private final AtomicInteger callsLeft = new AtomicInteger(Integer.MAX_VALUE);
    private final Set<Object> open = ConcurrentHashMap.newKeySet();
    private String failing = "";
    private Errno errno = Errno.EIO;
    private Optional<Integer> euid = Optional.empty();

    FaultyPosix(Posix real) {
        this.real = real;
    }

    FaultyPosix failing(String call, int nth, Errno with) {
        failing = call;
        callsLeft.set(nth);
        errno = with;
        return this;
    }

    /** Only what the code under test believes; the kernel still knows better. */
    FaultyPosix asUser(int uid) {
        euid = Optional.of(uid);
        return this;
    }

    /** Descriptors that nobody has closed. */
    int openDescriptors() {
        return open.size();
    }

    Posix posix() {
        return (Posix) Proxy.newProxyInstance(
                Posix.class.getClassLoader(), new Class<?>[] {Posix.class}, (proxy, method, arguments) -> {
                    String name = method.getName();
                    if (name.equals("geteuid") && euid.isPresent()) {
                        return euid.get();
                    }
                    if (name.equals(failing) && callsLeft.decrementAndGet() < 0) {
                        throw new PosixException(name, errno.number());
                    }
                    try {
                        Object result = method.invoke(real, arguments);
                        if (name.equals("openat")) {
                            open.add(result);
                        } else if (name.equals("close")) {
                            open.remove(arguments[0]);
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
