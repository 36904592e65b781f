import { describeBlobStore } from "../../contract/blob-store.ts";
import { openLocalScene } from "../../support/local-store.ts";

describeBlobStore("the local store with a container", {
  async open() {
    const scene = openLocalScene();
    return { store: scene.backend.blobs, second: scene.open().blobs, close: scene.close };
  },
});

describeBlobStore("the local store with files alone", {
  async open() {
    const scene = openLocalScene({ packMaxBytes: 0 });
    return { store: scene.backend.blobs, second: scene.open().blobs, close: scene.close };
  },
});

describeBlobStore("the local store that one packs and another does not", {
  async open() {
    const scene = openLocalScene();
    return { store: scene.backend.blobs, second: scene.open({ packMaxBytes: 0 }).blobs, close: scene.close };
  },
});
