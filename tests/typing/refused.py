"""What a type checker refuses; each line but the first four has a mistake; never run."""

import satrail

chain = satrail.open("store")
chain.trace("txid:0", policy="fifi")
chain.trace("txid:0", direction="forward")
chain.trace("txid:0", fees="ignore")
chain.trace("txid:0", stop_at=2.5)
chain.trace(5)
chain.exposure("txid:0", {"x": ["y"]}, policy="fifi")
chain.compare_policies("txid:0", ["fifi"])
chain.flows("x", by="decade")
chain.flows(5)
chain.cluster(coinjoin="maybe")
chain.peel_chain("txid:0", direction="up")
chain.peel_chain("txid:0", features=["colour"])
chain.trace("txid:0").graph("block")
chain.trace("txid:0").paths(best="shortest")
chain.at(None)
