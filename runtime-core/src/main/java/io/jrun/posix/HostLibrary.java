package io.jrun.posix;

import java.util.Optional;
import java.util.function.Predicate;
import jnr.ffi.LibraryLoader;

/** Libraries of the host that do faster what jrun can do itself. */
public final class HostLibrary {

    private HostLibrary() {}

    /**
     * Costs milliseconds to load, so callers keep what this returns.
     *
     * @param functions an interface with a method for each function, named and typed like it
     * @param isKnown whether it is the library we know, as a few calls of it tell
     * @return empty where the host has none or another one, or where no memory may be executed as JNR needs it
     */
    public static <T> Optional<T> load(Class<T> functions, String soname, Predicate<T> isKnown) {
        try {
            T library = LibraryLoader.create(functions).failImmediately().load(soname);
            return isKnown.test(library) ? Optional.of(library) : Optional.empty();
        } catch (LinkageError | RuntimeException absent) {
            return Optional.empty();
        }
    }
}
