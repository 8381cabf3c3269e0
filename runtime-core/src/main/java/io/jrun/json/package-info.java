/**
 * JSON documents as plain immutable values. The one package that names the JSON library; depth and size of what it
 * reads are limited, because images and registries bring it.
 */
package io.jrun.json;
