/** Entry of the process that bundles: one request as JSON on stdin, its answer on stdout. */
import { stop } from "esbuild";
import { type BundleRequest, makeBundle } from "./bundler.ts";

const request = JSON.parse(await new Response(Deno.stdin.readable).text()) as BundleRequest;
const answer = await makeBundle(request);
await stop();
const bytes = new TextEncoder().encode(JSON.stringify(answer));
for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
