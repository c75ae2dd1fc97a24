"""What the laptop's requests do (docs/protocol.md): a module for each but `hello`, loaded when it is wanted.

Each has `answer(request, app)`, with the request as a dict, which returns the fields of the answer, or raises
Refused and has changed nothing. What a recording rests on cannot be changed while one is under way. After the
answer the console forgets all modules in here; what else a handler loads it forgets itself.
"""
