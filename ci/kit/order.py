def run(_home):
    pass
