"""Words for people: first names, last names and streets.

The streets are invented so that no address is anybody's; a real one added here
would send a demonstration letter to somebody's door.
"""

from __future__ import annotations

FIRST_NAMES = (
    *("Aisha", "Alexander", "Ali", "Alice", "Amir", "Anders", "Anita", "Anna", "Annika", "Arvid"),
    *("Astrid", "Axel", "Birgitta", "Björn", "Camilla", "Carl", "Cecilia", "Daniel", "David"),
    *("Ebba", "Elin", "Elsa", "Emil", "Emma", "Erik", "Eva", "Fatima", "Felix", "Filip", "Freja"),
    *("Fredrik", "Göran", "Gunilla", "Gustav", "Hanna", "Hassan", "Helena", "Hugo", "Håkan"),
    *("Ida", "Ingrid", "Isak", "Jan", "Jenny", "Johan", "Johanna", "Josefin", "Julia", "Kajsa"),
    *("Karin", "Karl", "Katarina", "Kerstin", "Klara", "Kristina", "Lars", "Leila", "Lena"),
    *("Liam", "Linnea", "Lisa", "Lovisa", "Lucas", "Magnus", "Malin", "Margareta", "Maria"),
    *("Märta", "Martin", "Mats", "Mikael", "Mohammed", "Moa", "Monica", "Måns", "Nils", "Nora"),
    *("Olivia", "Olof", "Oscar", "Oskar", "Patrik", "Per", "Peter", "Petra", "Rolf", "Samir"),
    *("Sara", "Saga", "Sigrid", "Sofia", "Stefan", "Sven", "Sören", "Tomas", "Tove", "Ulf"),
    *("Ulrika", "Vera", "Viktor", "Wilma", "Yasmin", "Åke", "Åsa", "Örjan"),
)

LAST_NAMES = (
    *("Abrahamsson", "Ahlgren", "Ahmed", "Alm", "Andersson", "Arvidsson", "Axelsson", "Backman"),
    *("Bengtsson", "Berg", "Berggren", "Berglund", "Bergström", "Björk", "Blom", "Blomqvist"),
    *("Carlsson", "Claesson", "Dahl", "Dahlberg", "Danielsson", "Ek", "Eklund", "Ekström"),
    *("Engström", "Eriksson", "Falk", "Forsberg", "Fransson", "Fredriksson", "Gunnarsson"),
    *("Gustafsson", "Haddad", "Hansson", "Hassan", "Hedlund", "Hellström", "Henriksson"),
    *("Holm", "Holmberg", "Håkansson", "Isaksson", "Ivarsson", "Jakobsson", "Jansson"),
    *("Johansson", "Jonasson", "Jonsson", "Karlsson", "Kovacs", "Larsson", "Lind", "Lindberg"),
    *("Lindgren", "Lindqvist", "Lindström", "Lund", "Lundberg", "Lundgren", "Löfgren"),
    *("Magnusson", "Martinsson", "Mattsson", "Månsson", "Mårtensson", "Nguyen", "Nilsson"),
    *("Norberg", "Nordin", "Nyberg", "Nyström", "Olofsson", "Olsson", "Persson", "Pettersson"),
    *("Rosén", "Samuelsson", "Sandberg", "Sjöberg", "Sjögren", "Söderberg", "Strand", "Ström"),
    *("Sundberg", "Svensson", "Viklund", "Wallin", "Öberg", "Öhman", "Åberg", "Åkesson"),
)

STREETS = (
    *("Demostigen", "Exempelgatan", "Fantasigränd", "Hittepåvägen", "Ingenstansgatan"),
    *("Låtsasgatan", "Modellvägen", "Provgatan", "Påhittsvägen"),
    *("Testbacken", "Tänkvägen", "Utkastvägen", "Övningsstigen"),
)
