package io.jrun.judge;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** The test prepares or inspects what only root may; jrun itself still runs unprivileged unless the test says so. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("needs-root")
@Needs(Need.ROOT)
@interface NeedsRoot {}
