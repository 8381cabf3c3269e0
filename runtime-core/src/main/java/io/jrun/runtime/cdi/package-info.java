/**
 * Container Device Interface: specs read from where vendors put them, turned into device sets, and written for what jrun
 * discovered. The one package that names the YAML library. Hooks are never run: those that matter are done by ourselves.
 */
package io.jrun.runtime.cdi;
