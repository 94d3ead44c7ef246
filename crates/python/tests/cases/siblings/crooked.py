"""Cannot be understood as a whole."""

count = 0
while count < 3:
    count += 1
