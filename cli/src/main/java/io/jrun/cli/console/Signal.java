package io.jrun.cli.console;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;

/**
 * A signal that this process handles. The JDK's own classes for that are called by reflection: they are exported by
 * jdk.unsupported, but the compiler warns of every mention and cannot be told not to.
 */
public final class Signal {

    private static final String HANDLER = "sun.misc.SignalHandler";

    private final String name;
    private final int number;
    private final Object signal;

    private Signal(String name, int number, Object signal) {
        this.name = name;
        this.number = number;
        this.signal = signal;
    }

    /** @param name as kill(1) has it: "INT", "WINCH" */
    public static Signal named(String name) {
        try {
            Object signal = Class.forName("sun.misc.Signal")
                    .getConstructor(String.class)
                    .newInstance(name);
            int number = (int) signal.getClass().getMethod("getNumber").invoke(signal);
            return new Signal(name, number, signal);
        } catch (ReflectiveOperationException e) {
            throw unavailable(e);
        }
    }

    public String name() {
        return name;
    }

    public int number() {
        return number;
    }

    /**
     * Calls {@code action} each time that the signal comes, on a thread of its own. A signal that the caller of this
     * process ignores (nohup) stays ignored.
     */
    public void handle(Consumer<Signal> action) {
        InvocationHandler onSignal = (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
                action.accept(this);
                return null;
            }
            return method.getName().equals("equals") ? proxy == arguments[0] : System.identityHashCode(proxy);
        };
        try {
            Class<?> type = Class.forName(HANDLER);
            Object handler = Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, onSignal);
            Object ignore = type.getField("SIG_IGN").get(null);
            if (replaceHandler(handler).equals(ignore)) {
                replaceHandler(ignore);
            }
        } catch (ReflectiveOperationException e) {
            throw unavailable(e);
        }
    }

    /** Leaves the signal to the kernel again, which for most of them ends the process. */
    public void restoreDefault() {
        try {
            replaceHandler(Class.forName(HANDLER).getField("SIG_DFL").get(null));
        } catch (ReflectiveOperationException e) {
            throw unavailable(e);
        }
    }

    /** @return what handled the signal before */
    private Object replaceHandler(Object handler) throws ReflectiveOperationException {
        return signal.getClass()
                .getMethod("handle", signal.getClass(), Class.forName(HANDLER))
                .invoke(null, signal, handler);
    }

    private static IllegalStateException unavailable(ReflectiveOperationException e) {
        return new IllegalStateException("this JVM does not let signals be handled", e);
    }
}
